// Which single places a choice would leave alone, where the organiser does not allow it: the server's rule
// (src/seats/alone.c), told before it has to refuse.

import type { Plan } from '../map/plan';

type IsFree = (seat: number) => boolean;

/** The neighbour to one side; null: an aisle, or the row's end. */
function beside(plan: Plan, seat: number, step: 1 | -1): number | null {
  const row = plan.rows[plan.row[seat] ?? -1];
  if (!row) return null;
  const at = seat - row.firstSeat;
  if (row.ring) return row.firstSeat + ((at + step + row.seatCount) % row.seatCount);
  if (step > 0) return at === row.seatCount - 1 || row.breaks.includes(at) ? null : seat + 1;
  return at === 0 || row.breaks.includes(at - 1) ? null : seat - 1;
}

function aloneBeside(plan: Plan, seats: readonly number[], isFree: IsFree): number[] {
  const open = (seat: number | null) => seat !== null && isFree(seat) && !seats.includes(seat);
  const alone = new Set<number>();
  for (const seat of seats)
    for (const step of [-1, 1] as const) {
      const next = beside(plan, seat, step);
      if (next !== null && open(next) && !open(beside(plan, next, step))) alone.add(next);
    }
  return [...alone];
}

/** All places from aisle to aisle, in their order. */
function stretchOf(plan: Plan, seat: number): number[] {
  const all = [seat];
  for (let at = beside(plan, seat, -1); at !== null && at !== seat; at = beside(plan, at, -1))
    all.unshift(at);
  if (all.length > 1 && beside(plan, all[0] ?? seat, -1) === seat) return all; // around a table
  for (let at = beside(plan, seat, 1); at !== null; at = beside(plan, at, 1)) all.push(at);
  return all;
}

function isAvoidable(plan: Plan, own: number[], stretch: number[], left: number, isFree: IsFree) {
  const instead = (seat: number) =>
    isFree(seat) &&
    own.some((one) => plan.category[one] === plan.category[seat]) &&
    own.some((one) => plan.kind[one] === plan.kind[seat]);
  return stretch.some((start) => {
    const run: number[] = [];
    for (
      let at: number | null = start;
      run.length < own.length && at !== null && !run.includes(at) && instead(at);
      at = beside(plan, at, 1)
    )
      run.push(at);
    return run.length === own.length && aloneBeside(plan, run, isFree).length < left;
  });
}

/** The places that would be left alone, and need not be. `isFree` of those chosen is true. */
export function leftAlone(plan: Plan, seats: readonly number[], isFree: IsFree): number[] {
  const found: number[] = [];
  const done = new Set<number>();
  for (const seat of seats) {
    if (done.has(seat) || (plan.row[seat] ?? -1) < 0) continue;
    const stretch = stretchOf(plan, seat);
    const own = seats.filter((one) => stretch.includes(one));
    for (const one of own) done.add(one);
    const alone = aloneBeside(plan, own, isFree);
    if (alone.length > 0 && isAvoidable(plan, own, stretch, alone.length, isFree))
      found.push(...alone);
  }
  return found;
}
