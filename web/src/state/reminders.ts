// Who wants a mail shortly before a sale opens: the account's reminders, which the server knows, and those of an address
// that was proved here, which this browser keeps.

import { signal } from '@preact/signals';
import { account, unnamed } from '../api/account';
import { call_ms, signIn } from '../api/client';
import { persist } from '../api/retry';
import type { Reminder } from '../gen/usher/v1/auth_account_pb';
import { language } from '../i18n/words';
import { storage } from './storage';

export interface KeptReminder {
  reminderId: string;
  email: string;
  beforeMs: number;
}

const storage_key = 'usher.reminders';
const kept_max = 50;
const options = { timeoutMs: call_ms };

/** By event. */
export const reminders = signal<ReadonlyMap<number, KeptReminder>>(new Map());

const brief = ({ reminderId, email, beforeMs }: Reminder): KeptReminder => ({
  reminderId,
  email,
  beforeMs: Number(beforeMs),
});

function kept(): Map<number, KeptReminder> {
  try {
    return new Map(JSON.parse(storage.getItem(storage_key) ?? '[]') as [number, KeptReminder][]);
  } catch {
    return new Map();
  }
}

function keep(list: Map<number, KeptReminder>): void {
  const entries = [...list].slice(-kept_max);
  if (entries.length > 0) storage.setItem(storage_key, JSON.stringify(entries));
  else storage.removeItem(storage_key);
}

export async function loadReminders(): Promise<void> {
  const here = kept();
  if (signIn.who.peek()) {
    const own = (await persist(() => account.listReminders({}, options))).reminders;
    for (const one of own) here.set(one.eventId, brief(one));
  }
  reminders.value = here;
}

function show(reminder: Reminder, keeps: boolean): void {
  const { eventId } = reminder;
  reminders.value = new Map(reminders.value).set(eventId, brief(reminder));
  if (keeps) keep(kept().set(eventId, brief(reminder)));
}

/** Where a code has to be shown first, what is to be sent with it; otherwise empty, and it is done. */
export async function requestReminder(eventId: number, email: string): Promise<string> {
  const client = signIn.who.peek() ? account : unnamed;
  const request = { eventId, email, language: language.peek() };
  const asked = await persist(() => client.requestReminder(request, options));
  if (asked.reminderId) show(asked, false);
  return asked.requestId;
}

export async function confirmReminder(requestId: string, code: string): Promise<void> {
  show(await persist(() => unnamed.confirmReminder({ requestId, code }, options)), true);
}

export async function cancelReminder(eventId: number): Promise<void> {
  const reminderId = reminders.peek().get(eventId)?.reminderId ?? '';
  await persist(() => unnamed.cancelReminder({ eventId, reminderId }, options));
  const rest = new Map(reminders.peek());
  rest.delete(eventId);
  reminders.value = rest;
  const here = kept();
  here.delete(eventId);
  keep(here);
}
