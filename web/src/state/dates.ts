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

/** What can still be gone to: each event with the dates that have not begun. One without any date is announced. */
export function upcoming(list: readonly Event[], nowMs: number): Event[] {
  return list.flatMap((event) => {
    const left = withDates(event, (one) => !hasBegun(one, nowMs));
    return left.performances.length > 0 || event.performances.length === 0 ? [left] : [];
  });
}

/** What was: each event with the dates that have begun, the latest first. */
export function past(list: readonly Event[], nowMs: number): Event[] {
  const start = ({ performances: [one] }: Event) => Number(one?.startsAtMs ?? 0n);
  return list
    .map((event) => withDates(event, (one) => hasBegun(one, nowMs)))
    .filter(({ performances }) => performances.length > 0)
    .sort((a, b) => start(b) - start(a));
}

function withDates(event: Event, wanted: (one: Performance) => boolean): Event {
  return { ...event, performances: event.performances.filter(wanted) };
}

/** The events that have every word of the search somewhere in their names, texts or halls. */
export function search(list: readonly Event[], wish: string): Event[] {
  const plain = (text: string) => text.normalize('NFC').toLowerCase();
  const wanted = plain(wish).split(/\s+/).filter(Boolean);
  return list.filter((event) => {
    const halls = event.performances.map(({ hall }) => hall?.name ?? '');
    const text = plain([event.name, event.description, ...halls].join(' '));
    return wanted.every((word) => text.includes(word));
  });
}
