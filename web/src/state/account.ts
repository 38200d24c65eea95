// What one does with an account: begins it, signs in, looks after it, ends it.

import { account, unnamed } from '../api/account';
import { call_ms, identity, signIn } from '../api/client';
import { persist } from '../api/retry';
import type { SessionInfo } from '../gen/usher/v1/auth_account_pb';
import type { Account, Session } from '../gen/usher/v1/auth_pb';
import { language } from '../i18n/words';
import { deviceName } from './device';
import { forgetOrders } from './keptorders';
import { storage } from './storage';

const options = { timeoutMs: call_ms };

/** The session is kept in a cookie, which no script can read, and goes by this browser's name. */
export const kept = () => ({ cookie: true, device: deviceName() });

export function begin(session: Session): void {
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

export async function verifyEmail(
  email: string,
  code: string,
  requestId: string,
  secondFactor = '',
): Promise<void> {
  const request = { email, code, requestId, secondFactor, ...kept() };
  begin(await persist(() => unnamed.verifyEmail(request, options)));
}

export async function logIn(email: string, password: string, secondFactor: string): Promise<void> {
  const request = { email, password, secondFactor, ...kept() };
  begin(await persist(() => unnamed.logIn(request, options)));
}

export async function logOut(): Promise<void> {
  const { refreshToken } = signIn;
  signIn.end();
  forgetOrders(storage);
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
  secondFactor: string,
): Promise<void> {
  const request = { email, code, password, requestId, secondFactor, ...kept() };
  begin(await persist(() => unnamed.resetPassword(request, options)));
}

export async function requestOrderCode(orderNumber: string, email: string): Promise<string> {
  return (await persist(() => unnamed.requestOrderCode({ orderNumber, email }, options))).requestId;
}

/** From now on this browser is the guest who ordered; the order's id. */
export async function openOrder(requestId: string, code: string): Promise<string> {
  const opened = await persist(() => unnamed.openOrder({ requestId, code }, options));
  const { accountId, token, expiresAtMs } = opened;
  identity.become({ accountId, token, expiresAtMs: Number(expiresAtMs) });
  return opened.orderId;
}

export async function changePassword(oldPassword: string, newPassword: string): Promise<void> {
  begin(
    await persist(() => account.changePassword({ oldPassword, newPassword, ...kept() }, options)),
  );
}

export async function beginFactor(): Promise<{ secret: string; uri: string }> {
  return await persist(() => account.beginSecondFactor({}, options));
}

/** The recovery codes: told once. */
export async function confirmFactor(
  secret: string,
  code: string,
  password: string,
): Promise<string[]> {
  const request = { secret, code, password };
  return (await persist(() => account.confirmSecondFactor(request, options))).recoveryCodes;
}

export async function removeFactor(code: string, password: string): Promise<void> {
  await persist(() => account.removeSecondFactor({ code, password }, options));
}

export async function loadAccount(): Promise<{ who: Account; sessions: SessionInfo[] }> {
  const [who, { sessions }] = await Promise.all([
    persist(() => account.getAccount({}, options)),
    persist(() => account.listSessions({}, options)),
  ]);
  signIn.show(who);
  return { who, sessions };
}

export async function endSession(sessionId: string): Promise<void> {
  await persist(() => account.endSession({ sessionId }, options));
}

export async function exportAccount(): Promise<Uint8Array> {
  return (await persist(() => account.exportAccount({}, options))).json;
}

export async function deleteAccount(password: string): Promise<void> {
  await persist(() => account.deleteAccount({ password }, options));
  signIn.end();
}
