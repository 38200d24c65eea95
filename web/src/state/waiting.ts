// What one waits for, once it has sold out, and what is offered of it.

import { signal } from '@preact/signals';
import { call_ms, identity } from '../api/client';
import { ConnectError } from '../api/connect';
import { persist } from '../api/retry';
import { waitingList } from '../api/waiting';
import { ErrorDetailSchema } from '../gen/usher/v1/error_pb';
import type { Wish } from '../gen/usher/v1/ticket_wait_pb';
import { language } from '../i18n/words';

export const wishes_max = 5; // of an account, at a performance
const options = { timeoutMs: call_ms };
const rest_ms = 3_000; // between two looks, for one who waits
const jitter_ms = 1_500;
const idle_ms = 30_000;

export const joinReasons = ['PLACES_FREE', 'NO_WAITING_LIST', 'TOO_MANY_REQUESTS'] as const;
export type JoinReason = (typeof joinReasons)[number];

export interface Typed {
  category: number | null;
  section: number | null;
  party: number;
  fewest: number;
  wheelchairs: number;
  email: string;
}

/** All that one waits for; of performance 0, at all of them. Nobody is made a guest for it. */
export async function fetchWishes(performanceId: number): Promise<Wish[]> {
  if (!identity.known) return [];
  return (await persist(() => waitingList.getMyWishes({ performanceId }, options))).wishes;
}

/** The wishes at one performance, kept fresh: looked at when the hall has changed, and not all at once. */
export class WishBook {
  readonly wishes = signal<Wish[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lookedAt = 0;
  #closed = false;

  constructor(readonly performanceId: number) {}

  async look(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lookedAt = Date.now();
    const found = await fetchWishes(this.performanceId).catch(() => null); // the next look tells
    if (this.#closed) return;
    if (found) this.wishes.value = found;
    if (this.wishes.value.length > 0) this.#after(idle_ms);
  }

  /** Something has changed in the hall. */
  changed(): void {
    if (this.wishes.value.length === 0) return;
    const since = Date.now() - this.#lookedAt;
    this.#after(Math.max(0, rest_ms - since) + Math.random() * jitter_ms);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** The sooner of two looks is the one that is. */
  #dueAt = 0;
  #after(ms: number): void {
    const at = Date.now() + ms;
    if (this.#closed || (this.#timer !== undefined && this.#dueAt <= at)) return;
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => void this.look(), ms);
  }

  /** A reason that is told in the list's own words; null: it waits now. Throws all others. */
  async join({
    category,
    section,
    party,
    fewest,
    wheelchairs,
    email,
  }: Typed): Promise<JoinReason | null> {
    const request = {
      performanceId: this.performanceId,
      categoryChoice:
        category === null ? { case: undefined } : { case: 'category' as const, value: category },
      sectionChoice:
        section === null ? { case: undefined } : { case: 'section' as const, value: section },
      party,
      fewest,
      wheelchairs,
      email,
      language: language.peek(),
    };
    try {
      await waitingList.joinWaitingList(request, options); // again, it is the same wish
    } catch (cause) {
      const told = ConnectError.from(cause).find(ErrorDetailSchema)?.reason;
      const reason = joinReasons.find((one) => one === told);
      if (reason) return reason;
      throw cause;
    }
    await this.look();
    return null;
  }

  async leave(wishId: string): Promise<void> {
    const { performanceId } = this;
    await persist(() => waitingList.leaveWaitingList({ performanceId, wishId }, options));
    await this.look();
  }

  async letGo(holdId: string): Promise<void> {
    const { performanceId } = this;
    await persist(() => waitingList.releaseHold({ performanceId, holdId }, options));
    await this.look();
  }
}
