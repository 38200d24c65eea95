import { describe, expect, it } from 'vitest';
import { create } from '../api/wire';
import { OrderSchema } from '../gen/usher/v1/ticket_pb';
import { forgetOrders, keepOrder, keptOrder, keptOrders } from './keptorders';

function memory() {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}

const order = (orderId: string, placed: number) =>
  create(OrderSchema, {
    orderId,
    eventName: '윤슬 콘서트',
    placedAtMs: BigInt(placed),
    tickets: [{ ticketCode: 'CODE', label: '101, row A, seat 5', amount: 165000n }],
  });

describe('kept orders', () => {
  it('come back as they were', () => {
    const shelf = memory();
    keepOrder(shelf, order('a', 1));
    expect(keptOrder(shelf, 'a')).toEqual(order('a', 1));
    expect(keptOrder(shelf, 'b')).toBeNull();
  });
  it('are two dozen at most, the newest first', () => {
    const shelf = memory();
    for (let n = 0; n < 30; n++) keepOrder(shelf, order(`o${n}`, n));
    expect(keptOrders(shelf)).toHaveLength(24);
    expect(keptOrders(shelf)[0]?.orderId).toBe('o29');
    expect(keptOrder(shelf, 'o5')).toBeNull();
  });
  it('are forgotten, all of them, and what is broken is as good as not there', () => {
    const shelf = memory();
    keepOrder(shelf, order('a', 1));
    shelf.setItem('usher.order.a', '!');
    expect(keptOrders(shelf)).toEqual([]);
    forgetOrders(shelf);
    expect(shelf.items.size).toBe(0);
  });
});
