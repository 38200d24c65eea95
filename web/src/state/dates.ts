// What comes next, and what is over.

import type { Event, Performance } from '../gen/usher/v1/ticket_pb';

/** From its start on nothing is sold. */
export function hasBegun({ startsAtMs }: Pick<Performance, 'startsAtMs'>, nowMs: number): boolean {
  return Number(startsAtMs) <= nowMs;
}

/** What comes next is first, dates and events alike; what is over is last, the latest of it first. */
export function byDate(list: readonly Event[], nowMs: number): Event[] {
  const rank = (ms: number) => (ms > nowMs ? ms : 2 * nowMs - ms + Number.MAX_SAFE_INTEGER / 2);
  const order = ({ startsAtMs }: Performance) => rank(Number(startsAtMs));
  const first = ({ performances: [one] }: Event) => (one ? order(one) : Number.MAX_SAFE_INTEGER);
  return list
    .map((event) => ({
      ...event,
      performances: [...event.performances].sort((a, b) => order(a) - order(b)),
    }))
    .sort((a, b) => first(a) - first(b));
}
