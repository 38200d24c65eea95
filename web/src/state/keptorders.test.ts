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
    const storage = memory();
    keepOrder(storage, order('a', 1));
    expect(keptOrder(storage, 'a')).toEqual(order('a', 1));
    expect(keptOrder(storage, 'b')).toBeNull();
  });
  it('are two dozen at most, the newest first', () => {
    const storage = memory();
    for (let n = 0; n < 30; n++) keepOrder(storage, order(`o${n}`, n));
    expect(keptOrders(storage)).toHaveLength(24);
    expect(keptOrders(storage)[0]?.orderId).toBe('o29');
    expect(keptOrder(storage, 'o5')).toBeNull();
  });
  it('are forgotten, all of them, and what is broken is as good as not there', () => {
    const storage = memory();
    keepOrder(storage, order('a', 1));
    storage.setItem('usher.order.a', '!');
    expect(keptOrders(storage)).toEqual([]);
    forgetOrders(storage);
    expect(storage.items.size).toBe(0);
  });
});
