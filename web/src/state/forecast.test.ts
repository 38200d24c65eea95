import { describe, expect, it } from 'vitest';
import { chanceOf, minutesOf, progressOf, waitOf } from './forecast';

describe('waitOf', () => {
  it('follows the pace', () => {
    const wait = waitOf({ ahead: 600, ratePerMin: 60, said: null });
    expect(wait).toEqual({ fromMs: 450_000, toMs: 900_000 });
    expect(minutesOf(wait ?? { fromMs: 0, toMs: 0 })).toEqual({ from: 7, to: 15 });
  });

  it('falls back on what the server has said, by what is left of the way', () => {
    const said = { fromMs: 60_000, toMs: 240_000, ahead: 100 };
    expect(waitOf({ ahead: 50, ratePerMin: 0, said })).toEqual({ fromMs: 30_000, toMs: 120_000 });
    expect(waitOf({ ahead: 500, ratePerMin: 0, said })).toEqual({ fromMs: 60_000, toMs: 240_000 });
  });

  it('is nothing at the front, and unknown where nobody comes in', () => {
    expect(waitOf({ ahead: 0, ratePerMin: 0, said: null })).toEqual({ fromMs: 0, toMs: 0 });
    expect(waitOf({ ahead: 3, ratePerMin: 0, said: null })).toBeNull();
  });
});

describe('minutesOf', () => {
  it('never says less than it may be', () => {
    expect(minutesOf({ fromMs: 10_000, toMs: 20_000 })).toEqual({ from: 0, to: 1 });
    expect(minutesOf({ fromMs: 0, toMs: 0 })).toEqual({ from: 0, to: 0 });
  });
});

describe('chanceOf', () => {
  it('is high only where everybody ahead may want the same', () => {
    expect(chanceOf(200, 900, 100)).toBe('high');
    expect(chanceOf(199, 900, 100)).toBe('fair');
    expect(chanceOf(10, 150, 100)).toBe('low');
    expect(chanceOf(0, 150, 0)).toBe('none');
  });
});

describe('progressOf', () => {
  it('is the way from where one joined', () => {
    expect(progressOf(200, 150, 100)).toBe(0.5);
    expect(progressOf(200, 250, 100)).toBe(1);
    expect(progressOf(200, 50, 100)).toBe(0);
    expect(progressOf(100, 100, 100)).toBe(1);
  });
});
