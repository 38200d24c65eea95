import { describe, expect, it } from 'vitest';
import page from '../../../docs/errors.md?raw';
import { ko } from './ko';
import { refusals } from './refusals';

const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| ([^|]+) \|/gm)];

describe('refusals', () => {
  it('are all said in Korean', () => {
    const codes = /\(\d{3}\)/; // of a call, and not of a payment's row alone
    const told = new Set([...Object.keys(ko.failures), ...Object.keys(refusals)]);
    const missing = rows.filter(
      ([, reason, where]) => codes.test(where ?? '') && !told.has(reason ?? ''),
    );
    expect(rows.length).toBeGreaterThan(80);
    expect(missing.map(([, reason]) => reason)).toEqual([]);
  });

  it('are reasons that there are', () => {
    const known = new Set(rows.map(([, reason]) => reason));
    expect(Object.keys(refusals).filter((one) => !known.has(one))).toEqual([]);
  });
});
