// How each seat looks to this person: what the hall says, with what is theirs laid over it.

import { SeatKind } from '../gen/usher/v1/hall_pb';
import type { Sale } from '../state/sale';
import { FREE, SOLD } from '../state/seats';
import type { Plan } from './plan';
import type { Look, Looks } from './sprites';

export class SeatMarks {
  cursor = -1;
  hover = -1;
  mine: ReadonlySet<number> = new Set();
  #offered: ReadonlySet<number> = new Set();

  constructor(
    private readonly sale: Sale,
    private readonly plan: Plan,
    private readonly looks: Looks,
  ) {}

  look(seat: number): Look {
    if (this.mine.has(seat)) return this.looks.mine;
    const state = this.sale.states?.of(seat);
    if (state === FREE) {
      if (this.#offered.has(seat)) return this.looks.offered;
      return this.#isLookedFor(seat) ? (this.plan.category[seat] ?? 0) : this.looks.aside;
    }
    return state === SOLD ? this.looks.sold : this.looks.held;
  }

  /** Whether it can be had, and is looked for. */
  isFree(seat: number): boolean {
    return this.sale.states?.of(seat) === FREE && this.#isLookedFor(seat);
  }

  #isLookedFor(seat: number): boolean {
    const kind = this.plan.kind[seat];
    return (
      !this.sale.accessible.peek() || kind === SeatKind.WHEELCHAIR || kind === SeatKind.COMPANION
    );
  }

  get only(): number | null {
    return this.sale.only.peek();
  }

  /** Whether places that cannot be had are left out. */
  get bare(): boolean {
    return this.sale.bare.peek();
  }

  /** Takes in what is ours now; gives the seats that look different since. */
  renew(mine: readonly number[], offered: readonly number[]): number[] {
    const changed = [...this.mine, ...this.#offered, ...mine, ...offered];
    this.mine = new Set(mine);
    this.#offered = new Set(offered);
    return changed;
  }
}
