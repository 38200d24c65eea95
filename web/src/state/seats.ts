// The state of every seat of a performance, as the server last told it.

import type { SeatsUpdate } from '../gen/usher/v1/ticket_pb';

export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;
/** Given back a moment ago: nobody's, and not for sale yet. Shown as held. */
export const RESTING = 3;

/** Counts as people are told them: what rests may be had soon, like what is in baskets; what is kept back
 * is not to be had. */
export function toldCounts(counts: {
  free: number;
  held: number;
  sold: number;
  resting: number;
  blocked: number;
}) {
  const { free, held, sold, resting, blocked } = counts;
  return { free, held: held + resting, sold: sold + blocked };
}

const isSoon = (state: number) => state === HELD || state === RESTING;

/** What an update changed: everything, or these seats. */
export type Change = 'all' | Uint32Array;

/** Two bits a seat, four seats a byte, the lowest bits first. */
export function decodeStates(packed: Uint8Array, count: number): Uint8Array {
  const states = new Uint8Array(count);
  for (let seat = 0; seat < count; seat++) {
    states[seat] = ((packed[seat >> 2] ?? 0) >> (2 * (seat & 3))) & 3;
  }
  return states;
}

export class SeatStates {
  #states: Uint8Array;
  #version: bigint | null = null;

  constructor(readonly count: number) {
    this.#states = new Uint8Array(count);
  }

  /** The version that is shown, or null before the first snapshot. */
  get version(): bigint | null {
    return this.#version;
  }

  of(seat: number): number {
    return this.#states[seat] ?? SOLD;
  }

  #attached = false;

  /** The stream has ended: what is known stays to be shown, but only a snapshot may follow. */
  detach(): void {
    this.#attached = false;
  }

  /** Takes an update in. Null: it does not follow what is held, and nothing has changed; watch anew. */
  take(update: SeatsUpdate): Change | null {
    const { body } = update;
    if (body.case === 'snapshot') {
      // Within one stream the version never goes back; a new stream may come from a server that was set up anew.
      if (this.#attached && this.#version !== null && update.version < this.#version) return null;
      if (body.value.placeCount !== this.count) return null;
      this.#states = decodeStates(body.value.states, this.count);
      this.#version = update.version;
      this.#attached = true;
      return 'all';
    }
    if (!this.#attached || this.#version === null) return null;
    if (body.case !== 'delta') {
      // Nothing about seats: a sale opened or paused.
      if (update.version < this.#version) return null;
      return new Uint32Array(0);
    }
    if (body.value.fromVersion !== this.#version || update.version < this.#version) return null;
    const changed = new Uint32Array(body.value.changes.length);
    body.value.changes.forEach((change, i) => {
      const seat = change >>> 2;
      changed[i] = seat;
      if (seat < this.count) this.#states[seat] = change & 3;
    });
    this.#version = update.version;
    return changed;
  }

  /** Free places a category; `categories` has the category of each seat. */
  freeByCategory(categories: Uint8Array, categoryCount: number): number[] {
    return this.#byCategory(categories, categoryCount, (state) => state === FREE);
  }

  /** Places a category that may be had soon: in baskets, or resting. */
  heldByCategory(categories: Uint8Array, categoryCount: number): number[] {
    return this.#byCategory(categories, categoryCount, isSoon);
  }

  #byCategory(
    categories: Uint8Array,
    categoryCount: number,
    counts: (state: number) => boolean,
  ): number[] {
    const found = new Array<number>(categoryCount).fill(0);
    for (let seat = 0; seat < this.count; seat++) {
      const category = categories[seat] ?? 0;
      if (counts(this.of(seat))) found[category] = (found[category] ?? 0) + 1;
    }
    return found;
  }

  freeBetween(first: number, count: number): number {
    let free = 0;
    for (let seat = first; seat < first + count; seat++) if (this.#states[seat] === FREE) free++;
    return free;
  }

  heldBetween(first: number, count: number): number {
    let held = 0;
    for (let seat = first; seat < first + count; seat++) if (isSoon(this.of(seat))) held++;
    return held;
  }
}
