// What one does with an account: begins it, signs in, looks after it, ends it.

import { account } from '../api/account';
import { call_ms, identity, signIn, unnamed } from '../api/client';
import { persist } from '../api/retry';
import type { Account, Session } from '../gen/usher/v1/auth_pb';
import { language } from '../i18n/words';

const options = { timeoutMs: call_ms };

function begin(session: Session): void {
  signIn.take(session);
  // A guest who became an account goes on as the account alone.
  const guest = identity.kept();
  if (guest && guest.accountId === session.account?.accountId) identity.forget(guest.token);
}

export interface NewAccount {
  email: string;
  password: string;
  name: string;
}

/** What is to be sent with the code of the mail. */
export async function createAccount(wish: NewAccount): Promise<string> {
  // A guest keeps what is theirs; one who is nobody yet is not made a guest for this.
  const client = identity.kept() ? account : unnamed;
  const request = { ...wish, language: language.peek(), terms: true };
  return (await persist(() => client.createAccount(request, options))).requestId;
}

export async function verifyEmail(email: string, code: string, requestId: string): Promise<void> {
  begin(await persist(() => unnamed.verifyEmail({ email, code, requestId }, options)));
}

export async function logIn(email: string, password: string): Promise<void> {
  begin(await persist(() => unnamed.logIn({ email, password }, options)));
}

export async function logOut(): Promise<void> {
  const { refreshToken } = signIn;
  signIn.end();
  await persist(() => unnamed.logOut({ refreshToken }, options));
}

export async function requestReset(email: string): Promise<string> {
  return (await persist(() => unnamed.requestPasswordReset({ email }, options))).requestId;
}

export async function resetPassword(
  email: string,
  code: string,
  password: string,
  requestId: string,
): Promise<void> {
  const request = { email, code, password, requestId };
  begin(await persist(() => unnamed.resetPassword(request, options)));
}

export async function loadAccount(): Promise<Account> {
  const who = await persist(() => account.getAccount({}, options));
  signIn.show(who);
  return who;
}
