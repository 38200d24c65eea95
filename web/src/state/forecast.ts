// What someone in line may expect: how long, and whether there will be a seat. Told from what is the same for everybody
// (numbers served, how fast) and the own number alone.

export interface Interval {
  fromMs: number;
  toMs: number;
}

const minute_ms = 60_000;
const spread_low = 0.75;
const spread_high = 1.5;
const seats_each = 2; // how many places a person takes, when nothing better is known

export interface Pace {
  ahead: number;
  ratePerMin: number;
  /** What the server has said, and how many were ahead then. */
  said: (Interval & { ahead: number }) | null;
}

/** Null: nobody can tell. */
export function waitOf({ ahead, ratePerMin, said }: Pace): Interval | null {
  if (ahead <= 0) return { fromMs: 0, toMs: 0 };
  if (ratePerMin > 0) {
    const middle = (ahead / ratePerMin) * minute_ms;
    return { fromMs: middle * spread_low, toMs: middle * spread_high };
  }
  if (!said || said.toMs <= 0 || said.ahead <= 0) return null;
  const share = Math.min(1, ahead / said.ahead);
  return { fromMs: said.fromMs * share, toMs: said.toMs * share };
}

/** Whole minutes from both sides; under a minute is told as such. */
export function minutesOf({ fromMs, toMs }: Interval): { from: number; to: number } {
  const to = Math.ceil(toMs / minute_ms);
  return { from: Math.min(to, Math.max(0, Math.floor(fromMs / minute_ms))), to };
}

export type Chance = 'high' | 'fair' | 'low' | 'none';

/** Whether a place of a price will be left: high where it is even if everybody ahead wants just this. */
export function chanceOf(freeHere: number, freeInAll: number, ahead: number): Chance {
  if (freeHere === 0) return 'none';
  const wanted = ahead * seats_each;
  if (freeHere >= wanted) return 'high';
  return freeInAll >= wanted ? 'fair' : 'low';
}

/** How much of the way through the line is behind, from 0 to 1. */
export function progressOf(number: number, serving: number, servingAtFirst: number): number {
  const way = number - servingAtFirst;
  if (way <= 0) return 1;
  return Math.min(1, Math.max(0, (serving - servingAtFirst) / way));
}
