// Dates as a calendar of months, by the hall's clock.

import type { Performance } from '../gen/usher/v1/ticket_pb';

const day_ms = 86_400_000;

type Dated = Pick<Performance, 'startsAtMs' | 'utcOffsetChoice'>;

/** A day as a number: days since 1970-01-01, by the hall's clock; by the reader's own where the hall's is not known. */
export function dayOf({ startsAtMs, utcOffsetChoice }: Dated): number {
  const ms = Number(startsAtMs);
  const offset = utcOffsetChoice.value ?? -new Date(ms).getTimezoneOffset();
  return Math.floor((ms + offset * 60_000) / day_ms);
}

/** The first moment of a day, as if the hall were at UTC: to be written with that time zone. */
export const momentOf = (day: number): number => day * day_ms;

/** A month as a number: twelve a year. */
export function monthOf(day: number): number {
  const date = new Date(momentOf(day));
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

export function firstDayOf(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12, 1) / day_ms;
}

/** The weeks of a month, seven days each; null: the day is of another month. Weeks begin on `first`, 0 is Sunday. */
export function weeksOf(month: number, first: number): (number | null)[][] {
  const from = firstDayOf(month);
  const to = firstDayOf(month + 1);
  const weekday = (((from + 4) % 7) + 7) % 7; // 1970-01-01 was a Thursday
  const weeks: (number | null)[][] = [];
  for (let start = from - ((weekday - first + 7) % 7); start < to; start += 7) {
    weeks.push(
      Array.from({ length: 7 }, (_, n) => {
        const day = start + n;
        return day >= from && day < to ? day : null;
      }),
    );
  }
  return weeks;
}

/** What there is on each day, in the order of the list. */
export function byDay<T extends Dated>(list: readonly T[]): Map<number, T[]> {
  const days = new Map<number, T[]>();
  for (const one of list) {
    const day = dayOf(one);
    days.set(day, [...(days.get(day) ?? []), one]);
  }
  return days;
}
