// Proving whose the account is: a telephone number's owner, or a person by law.

import { account, unnamed } from '../api/account';
import { call_ms } from '../api/client';
import { persist } from '../api/retry';
import type { PersonService } from '../gen/usher/v1/auth_account_pb';
import type { Person } from '../gen/usher/v1/auth_pb';
import type { PersonRule } from '../gen/usher/v1/ticket_pb';

const options = { timeoutMs: call_ms };

export const carriers = ['SKT', 'KT', 'LGU', 'SKT_MVNO', 'KT_MVNO', 'LGU_MVNO'] as const;

export const carrierNames: Record<(typeof carriers)[number], string> = {
  SKT: 'SKT',
  KT: 'KT',
  LGU: 'LG U+',
  SKT_MVNO: 'SKT 알뜰폰',
  KT_MVNO: 'KT 알뜰폰',
  LGU_MVNO: 'LG U+ 알뜰폰',
};

export interface PersonWish {
  kind: PersonRule;
  phone: string;
  name: string;
  identityNumber: string;
  carrier: string;
}

export async function loadPersonServices(): Promise<PersonService[]> {
  return (await persist(() => unnamed.listPersonServices({}, options))).services;
}

/** What is to be sent with the code. Not tried twice by itself: each try is a message. */
export async function beginPerson(wish: PersonWish): Promise<string> {
  return (await account.beginPerson(wish, options)).requestId;
}

export async function provePerson(requestId: string, code: string): Promise<Person> {
  return await account.provePerson({ requestId, code }, options);
}

export const isKoreanMobile = (text: string) => /^01\d{8,9}$/.test(text.replace(/[\s.()-]/g, ''));

export const isPhone = (text: string) => /^(\+|0)\d{7,14}$/.test(text.replace(/[\s.()-]/g, ''));

export const isBirth = (text: string) => /^\d{6}[1-8]$/.test(text.replace(/[\s-]/g, ''));
