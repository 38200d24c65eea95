import { describe, expect, it } from 'vitest';
import { msInZone, textInZone } from './zone';

describe('a date that is typed', () => {
  it('is by the clock of its zone', () => {
    expect(msInZone('2026-12-24T19:30', 'Asia/Seoul')).toBe(Date.UTC(2026, 11, 24, 10, 30));
    expect(msInZone('2026-07-01T20:00', 'Europe/Berlin')).toBe(Date.UTC(2026, 6, 1, 18));
    expect(msInZone('2026-12-01T20:00', 'America/New_York')).toBe(Date.UTC(2026, 11, 2, 1));
    expect(msInZone('2026-12-01T20:00', 'Asia/Kathmandu')).toBe(Date.UTC(2026, 11, 1, 14, 15));
  });

  it('of an hour that comes twice is the first, of one that is left out the one after', () => {
    expect(msInZone('2026-10-25T02:30', 'Europe/Berlin')).toBe(Date.UTC(2026, 9, 25, 0, 30));
    expect(msInZone('2026-03-29T02:30', 'Europe/Berlin')).toBe(Date.UTC(2026, 2, 29, 1, 30));
  });

  it('that is none is refused', () => {
    expect(msInZone('2026-02-30T20:00', 'UTC')).toBeNull();
    expect(msInZone('soon', 'UTC')).toBeNull();
    expect(msInZone('2026-02-20T20:00', 'Moon/Crater')).toBeNull();
  });

  it('is shown again as it was typed', () => {
    for (const zone of ['Asia/Seoul', 'Europe/Berlin', 'America/St_Johns']) {
      for (let month = 1; month <= 12; month++) {
        const text = `2027-${String(month).padStart(2, '0')}-17T05:45`;
        expect(textInZone(msInZone(text, zone) ?? 0, zone)).toBe(text);
      }
    }
  });
});
