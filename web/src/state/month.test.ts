import { describe, expect, it } from 'vitest';
import { byDay, dayOf, firstDayOf, momentOf, monthOf, weeksOf } from './month';

const at = (iso: string, offset?: number) => ({
  startsAtMs: BigInt(Date.parse(iso)),
  utcOffsetChoice:
    offset === undefined
      ? { case: undefined }
      : { case: 'utcOffsetMinutes' as const, value: offset },
});

describe('dayOf', () => {
  it("is the day at the hall, not the reader's", () => {
    const late = at('2026-12-24T20:00:00Z', 540); // five in the morning in Seoul
    expect(new Date(momentOf(dayOf(late))).toISOString()).toBe('2026-12-25T00:00:00.000Z');
    const west = at('2026-12-25T02:00:00Z', -300);
    expect(new Date(momentOf(dayOf(west))).toISOString()).toBe('2026-12-24T00:00:00.000Z');
  });

  it('puts dates of one day together', () => {
    const days = byDay([
      at('2026-12-24T05:00:00Z', 540),
      at('2026-12-24T10:00:00Z', 540),
      at('2026-12-24T16:00:00Z', 540),
    ]);
    expect([...days.values()].map((one) => one.length)).toEqual([2, 1]);
  });
});

describe('weeksOf', () => {
  const month = monthOf(Date.UTC(2026, 1, 7) / 86_400_000);

  it('has every day of the month once, in weeks of seven', () => {
    for (const first of [0, 1, 6]) {
      for (let n = 0; n < 40; n++) {
        const weeks = weeksOf(month + n, first);
        expect(weeks.every((week) => week.length === 7)).toBe(true);
        const days = weeks.flat().filter((day) => day !== null);
        expect(days[0]).toBe(firstDayOf(month + n));
        expect(days.length).toBe(firstDayOf(month + n + 1) - firstDayOf(month + n));
        expect(days.every((day, i) => i === 0 || day === (days[i - 1] ?? 0) + 1)).toBe(true);
        expect(weeks.every((week) => week.some((day) => day !== null))).toBe(true);
      }
    }
  });

  it('begins on the day it is asked to', () => {
    // February 2026 began on a Sunday.
    expect(weeksOf(month, 0)[0]?.[0]).toBe(firstDayOf(month));
    expect(weeksOf(month, 0)).toHaveLength(4);
    expect(weeksOf(month, 1)[0]?.[6]).toBe(firstDayOf(month));
  });
});
