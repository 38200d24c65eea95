// Signing in with the account of another service. The browser is sent there, and comes back to /sign-in/return/NAME.

import { account, unnamed } from '../api/account';
import { call_ms, identity, signIn } from '../api/client';
import { persist } from '../api/retry';
import type { FinishProviderResponse } from '../gen/usher/v1/auth_account_pb';
import { language } from '../i18n/words';
import { begin, kept } from './account';

const options = { timeoutMs: call_ms };
const finish_options = { timeoutMs: 25_000 }; // the service is asked meanwhile
const kept_key = 'usher.provider';

/** What this tab keeps while it is at the service. */
interface Away {
  provider: string;
  browserProof: string;
  next: string;
  link: boolean;
}

export async function listProviders(): Promise<string[]> {
  return (await persist(() => unnamed.listSignInProviders({}, options))).providers;
}

/** Leaves for the service. With link, it is to be connected to the account that is signed in. */
export async function leaveFor(
  provider: string,
  next: string,
  link?: { password: string },
): Promise<void> {
  const request = { provider, link: link !== undefined, password: link?.password ?? '' };
  const client = link ? account : unnamed;
  const { url, browserProof } = await persist(() => client.beginProvider(request, options));
  const away: Away = { provider, browserProof, next, link: link !== undefined };
  sessionStorage.setItem(kept_key, JSON.stringify(away));
  location.assign(url);
}

function takeAway(provider: string): Away | null {
  try {
    const away = JSON.parse(sessionStorage.getItem(kept_key) ?? 'null') as Away | null;
    sessionStorage.removeItem(kept_key);
    return away?.provider === provider ? away : null;
  } catch {
    return null;
  }
}

/** The name that Apple tells the browser alone, the first time. */
function nameOf(user: string | null): string {
  try {
    const { name } = JSON.parse(user ?? '{}') as {
      name?: { firstName?: string; lastName?: string };
    };
    const { firstName = '', lastName = '' } = name ?? {};
    return /[가-힣]/.test(lastName) ? lastName + firstName : `${firstName} ${lastName}`.trim();
  } catch {
    return '';
  }
}

export interface Back {
  next: string;
  /** Nothing came of it: the visitor declined there, or this is not the tab that left. */
  nothing: boolean;
  answer: FinishProviderResponse | null;
}

/** What the service sent us back with; to be asked once. */
export async function comeBack(provider: string, said: string): Promise<Back> {
  const words = new URLSearchParams(said);
  const away = takeAway(provider);
  const next = away?.next ?? '/';
  const [code, state] = [words.get('code'), words.get('state')];
  if (!away || !code || !state) return { next, nothing: true, answer: null };
  const { browserProof } = away;
  const issuer = words.get('iss') ?? '';
  const name = nameOf(words.get('user'));
  const request = { provider, state, code, issuer, name, browserProof, ...kept() };
  const client = away.link ? account : unnamed;
  const answer = await client.finishProvider(request, finish_options);
  if (answer.session) begin(answer.session);
  return { next, nothing: false, answer };
}

/** The second factor of an account that the service has shown the way to. */
export async function finishWith(proven: string, secondFactor: string): Promise<void> {
  const request = { proven, secondFactor, ...kept() };
  const { session } = await persist(() => unnamed.finishProvider(request, options));
  if (session) begin(session);
}

export async function createProven(wish: {
  email: string;
  name: string;
  proven: string;
}): Promise<string> {
  const client = identity.kept() && !signIn.who.peek() ? account : unnamed;
  const request = { ...wish, language: language.peek(), terms: true };
  return (await persist(() => client.createAccount(request, options))).requestId;
}

export async function unlink(provider: string, password: string): Promise<void> {
  await persist(() => account.unlinkProvider({ provider, password }, options));
}
