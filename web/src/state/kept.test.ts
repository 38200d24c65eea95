import { describe, expect, it } from 'vitest';
import type { BrowserStorage } from '../api/identity';
import { dropHold, isHoldKey, type KeptHold, keepHold, keptHold, linesOf, takeEnded } from './kept';

function storage(): BrowserStorage & { items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

const hold: KeptHold = {
  holdId: 'h',
  performanceId: 3,
  seats: [{ seat: 1, label: 'row A, seat 1', category: 0, amount: 100 }],
  expiresAtMs: 5_000,
  total: 100,
  currency: 'KRW',
  currencyDigits: 0,
  orderKey: 'k',
};

describe('a kept hold', () => {
  it('comes back until it ends, and only for its performance', () => {
    const store = storage();
    keepHold(store, hold);
    expect(keptHold(store, 3, 4_999)).toEqual(hold);
    expect(keptHold(store, 4, 0)).toBeNull();
  });

  it('is thrown away when it is over', () => {
    const store = storage();
    keepHold(store, hold);
    expect(keptHold(store, 3, 5_000)).toBeNull();
    expect(keptHold(store, 3, 0)).toBeNull();
  });

  it('leaves its seats to be tried again, once and for a while', () => {
    for (const [now, seats] of [
      [6_000, [1]],
      [4_000_000, []],
    ] as const) {
      const store = storage();
      keepHold(store, hold);
      keptHold(store, 3, now);
      expect(takeEnded(store, 3, now)).toEqual(seats);
      expect(takeEnded(store, 3, now)).toEqual([]);
      expect(store.items.size).toBe(0);
    }
  });

  it('is thrown away when it can not be read', () => {
    for (const text of ['', '{', 'null', '[]', '{"holdId":1}', '7']) {
      const store = storage();
      store.setItem('usher.hold.3', text);
      expect(keptHold(store, 3, 0)).toBeNull();
    }
  });

  it('can be dropped, and its key told', () => {
    const store = storage();
    keepHold(store, hold);
    expect(isHoldKey([...store.items.keys()][0] ?? null, 3)).toBe(true);
    expect(isHoldKey(null, 3)).toBe(false);
    dropHold(store, 3);
    expect(store.items.size).toBe(0);
  });
});

describe('linesOf', () => {
  it('tells places of one name and price once', () => {
    const place = (seat: number, label: string, amount = 5) => ({
      seat,
      label,
      category: 0,
      amount,
    });
    const lines = linesOf([place(7, 'Pit'), place(8, 'Pit'), place(9, 'A, row 1, seat 1')]);
    expect(lines.map(({ seat, quantity }) => [seat, quantity])).toEqual([
      [7, 2],
      [9, 1],
    ]);
    expect(linesOf([place(7, 'Pit'), place(8, 'Pit', 6)])).toHaveLength(2);
  });
});
