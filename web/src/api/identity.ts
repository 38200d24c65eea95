// Who we are: the account that is signed in; else a guest account, made when it is first needed and kept in this browser.

import { Code, ConnectError, type Interceptor } from './connect';
import type { SignIn } from './signin';

export interface Guest {
  accountId: string;
  token: string;
  expiresAtMs: number;
}

export interface BrowserStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const storage_key = 'usher.guest';
const margin_ms = 60_000; // a token that ends within this is not worth using

export class Identity {
  #making: Promise<Guest> | null = null;

  constructor(
    private readonly storage: BrowserStorage,
    private readonly make: () => Promise<Guest>,
    private readonly now: () => number,
    private readonly signIn?: SignIn,
  ) {}

  /** Whether there is anybody yet: a guest is not made to learn that there is nothing. */
  get known(): boolean {
    return this.signIn?.who.value != null || this.kept() !== null;
  }

  get accountId(): string {
    return this.signIn?.who.value?.accountId ?? this.kept()?.accountId ?? '';
  }

  async token(): Promise<string> {
    return (await this.signIn?.token()) ?? (await this.guest()).token;
  }

  async guest(): Promise<Guest> {
    const kept = this.kept();
    if (kept) return kept;
    // Calls that start together share one account.
    this.#making ??= this.make()
      .then((made) => {
        // Another tab may have been quicker; one browser is one account.
        const other = this.kept();
        if (other) return other;
        this.storage.setItem(storage_key, JSON.stringify(made));
        return made;
      })
      .finally(() => {
        this.#making = null;
      });
    return this.#making;
  }

  /** Goes on as that guest, whose order was opened here. */
  become(guest: Guest): void {
    this.storage.setItem(storage_key, JSON.stringify(guest));
  }

  kept(): Guest | null {
    const text = this.storage.getItem(storage_key);
    if (!text) return null;
    try {
      const guest = JSON.parse(text) as Guest;
      const whole = typeof guest.token === 'string' && typeof guest.expiresAtMs === 'number';
      return whole && guest.expiresAtMs > this.now() + margin_ms ? guest : null;
    } catch {
      return null;
    }
  }

  /** The server does not know this token any more. */
  forget(token: string): void {
    this.signIn?.forget(token);
    if (this.kept()?.token === token) this.storage.removeItem(storage_key);
  }
}

/**
 * Adds the token to calls that need an account; a token that is refused is replaced once. What anyone may ask is asked
 * without a token, so that shared caches can answer.
 */
export function withIdentity(
  identity: Identity,
  anonymous: (method: string) => boolean,
): Interceptor {
  return (next) => async (request) => {
    if (anonymous(request.name)) return next(request);
    const token = await identity.token();
    request.header.set('authorization', `Bearer ${token}`);
    try {
      return await next(request);
    } catch (cause) {
      if (ConnectError.from(cause).code !== Code.Unauthenticated) throw cause;
      identity.forget(token);
      request.header.set('authorization', `Bearer ${await identity.token()}`);
      return next(request);
    }
  };
}
