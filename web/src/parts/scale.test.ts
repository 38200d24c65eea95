import { expect, test } from 'vitest';
import { duration, linear, logarithmic, moments, roundStep } from './scale';

test('steps are 1, 2 or 5 times a power of ten', () => {
  expect([1, 1.1, 2, 2.5, 5, 7, 99, 0.03].map(roundStep)).toEqual([1, 2, 2, 5, 5, 10, 100, 0.05]);
});

test('an axis is round and holds all', () => {
  for (const most of [1, 4, 7, 111, 999, 1001, 50_000, 3.6e12]) {
    const axis = linear(most);
    const last = axis.ticks.at(-1)?.at ?? 0;
    expect(last).toBeGreaterThanOrEqual(most);
    expect(axis.ticks.length).toBeLessThanOrEqual(5);
    expect(axis.place(0)).toBe(0);
    expect(axis.place(last)).toBeCloseTo(1);
    expect(linear(most, { exact: true }).place(most)).toBe(1);
  }
  expect(linear(0).ticks.length).toBeGreaterThan(1);
});

test('a logarithmic axis ends at marks around what it holds', () => {
  const axis = logarithmic(0.086, 4.8); // 50 µs … 5 ms
  expect(axis.place(0.05)).toBeCloseTo(0);
  expect(axis.place(5)).toBeCloseTo(1);
  expect(axis.place(0.5)).toBeCloseTo(0.5);
  expect(axis.place(0)).toBe(0);
  expect(axis.place(1e9)).toBe(1);
  expect(logarithmic(0, 0).ticks.length).toBeGreaterThan(1);
  expect(logarithmic(0.001, 60_000).ticks.every(({ text }) => /^1/.test(text))).toBe(true);
});

test('moments stand at round seconds', () => {
  const axis = moments(1_700_000_003_000, 1_700_000_061_000, String);
  expect(axis.ticks.every(({ at }) => at % 10_000 === 0)).toBe(true);
  expect(axis.ticks.length).toBe(6);
});

test('durations have three digits and a unit', () => {
  expect([0, 0.8704, 3.1357, 99.96, 999.6, 2400, 300_000].map(duration)).toEqual([
    '0',
    '870 µs',
    '3.14 ms',
    '100 ms',
    '1 s',
    '2.4 s',
    '5 min',
  ]);
});
