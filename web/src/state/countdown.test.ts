import { describe, expect, it } from 'vitest';
import { clockText, countdown } from './countdown';

describe('countdown', () => {
  it('shows a second until it is over', () => {
    expect(countdown(480_000, 0).text).toBe('8:00');
    expect(countdown(480_000, 1).text).toBe('8:00');
    expect(countdown(480_000, 1000).text).toBe('7:59');
    expect(countdown(9_001, 0).text).toBe('0:10');
  });

  it('shows 0:00 only at the end, and nothing below', () => {
    expect(countdown(1000, 999)).toMatchObject({ text: '0:01', over: false });
    expect(countdown(1000, 1000)).toMatchObject({ text: '0:00', over: true });
    expect(countdown(1000, 5000)).toMatchObject({ text: '0:00', over: true, seconds: 0 });
  });

  it('warns in the last minute', () => {
    expect(countdown(60_001, 0).warning).toBe(false);
    expect(countdown(60_000, 0).warning).toBe(true);
  });
});

describe('clockText', () => {
  it('has hours where there are any', () => {
    expect(clockText(0)).toBe('0:00');
    expect(clockText(59_001)).toBe('1:00');
    expect(clockText(3_599_000)).toBe('59:59');
    expect(clockText(3_600_000)).toBe('1:00:00');
    expect(clockText(90_061_000)).toBe('25:01:01');
  });
});
