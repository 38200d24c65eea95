// An account that is signed in on this browser. The access token is in memory alone and lives for minutes; the next one
// comes for the refresh token.

import { signal } from '@preact/signals';
import type { Account, Session } from '../gen/usher/v1/auth_pb';
import { Code, ConnectError } from './connect';
import type { BrowserStorage } from './identity';

const storage_key = 'usher.signed-in';
const token_key = 'usher.refresh';
const margin_ms = 20_000;

/** What is kept to be shown before the first answer. */
export interface Who {
  accountId: string;
  name: string;
  email: string;
}

export class SignIn {
  readonly who = signal<Who | null>(null);
  /** The server ended the session: elsewhere, or by its age. */
  readonly ended = signal(false);
  #token = '';
  #endsAtMs = 0;
  #asking: Promise<string | null> | null = null;

  constructor(
    private readonly storage: BrowserStorage,
    private readonly refresh: (refreshToken: string) => Promise<Session>,
    private readonly now: () => number,
  ) {
    this.who.value = this.#kept();
  }

  /** A session has begun, or goes on. */
  take({ accessToken, accessExpiresAtMs, refreshToken, account }: Session): void {
    if (refreshToken) this.storage.setItem(token_key, refreshToken);
    this.#token = accessToken;
    this.#endsAtMs = Number(accessExpiresAtMs);
    this.ended.value = false;
    if (account) this.show(account);
  }

  show({ accountId, name, email }: Account): void {
    const who = { accountId, name, email };
    this.storage.setItem(storage_key, JSON.stringify(who));
    this.who.value = who;
  }

  /** It is over: by the account's owner, or else by the server. */
  end(byServer = false): void {
    this.#token = '';
    this.#endsAtMs = 0;
    this.storage.removeItem(storage_key);
    this.storage.removeItem(token_key);
    this.ended.value = byServer && this.who.value !== null;
    this.who.value = null;
  }

  get refreshToken(): string {
    return this.storage.getItem(token_key) ?? '';
  }

  /** The token as it is, or a new one; null: nobody is signed in. */
  async token(): Promise<string | null> {
    if (!this.who.value) return null;
    if (this.#token && this.#endsAtMs > this.now() + margin_ms) return this.#token;
    // Calls that start together ask once; a refresh token is good once.
    this.#asking ??= inTurn(() => this.#ask()).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** The server did not take this token. */
  forget(token: string): void {
    if (token === this.#token) this.#endsAtMs = 0;
  }

  async #ask(): Promise<string | null> {
    try {
      this.take(await this.refresh(this.refreshToken));
      return this.#token;
    } catch (cause) {
      if (ConnectError.from(cause).code !== Code.Unauthenticated) throw cause;
      this.end(true);
      return null;
    }
  }

  #kept(): Who | null {
    try {
      const who = JSON.parse(this.storage.getItem(storage_key) ?? 'null') as Who | null;
      return typeof who?.accountId === 'string' ? who : null;
    } catch {
      return null;
    }
  }
}

/** One tab after the other: a refresh token is good once. */
async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  return locks ? await locks.request('usher.refresh', act) : act();
}
