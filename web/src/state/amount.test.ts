import { describe, expect, it } from 'vitest';
import { digitsOf, readAmount, writeAmount } from './amount';

describe('an amount that is typed', () => {
  it('is counted in the smallest unit', () => {
    expect(readAmount('150,000', 0)).toBe(150_000n);
    expect(readAmount('12.5', 2)).toBe(1250n);
    expect(readAmount('0.05', 2)).toBe(5n);
    expect(readAmount('1.234', 3)).toBe(1234n);
  });

  it('that is none, or finer than its currency, is refused', () => {
    for (const text of ['', '-1', '1e3', '12,00', '1.2.3', '１０'])
      expect(readAmount(text, 2)).toBeNull();
    expect(readAmount('100.5', 0)).toBeNull();
    expect(readAmount('1.999', 2)).toBeNull();
  });

  it('is shown again as it was typed', () => {
    for (const digits of [0, 2, 3]) {
      for (const amount of [0n, 5n, 99n, 1234n, 150_000n])
        expect(readAmount(writeAmount(amount, digits), digits)).toBe(amount);
    }
  });

  it('has the digits of ISO 4217', () => {
    expect(['KRW', 'EUR', 'JPY', 'KWD', 'nonsense'].map(digitsOf)).toEqual([0, 2, 0, 3, 0]);
  });
});
