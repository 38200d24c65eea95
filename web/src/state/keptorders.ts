// Orders that were looked at in this browser, so that their tickets can be shown without a network.

import type { BrowserStorage } from '../api/identity';
import { decode, encode } from '../api/wire';
import { type Order, OrderSchema } from '../gen/usher/v1/ticket_pb';

const kept_max = 24;
const list_key = 'usher.orders';
const keyOf = (orderId: string) => `usher.order.${orderId}`;

function list(storage: BrowserStorage): string[] {
  try {
    const ids: unknown = JSON.parse(storage.getItem(list_key) ?? '[]');
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

/** Keeps an order as it is now; beyond two dozen the one looked at longest ago is let go. */
export function keepOrder(storage: BrowserStorage, order: Order): void {
  const ids = [order.orderId, ...list(storage).filter((id) => id !== order.orderId)];
  for (const id of ids.splice(kept_max)) storage.removeItem(keyOf(id));
  const bytes = encode(OrderSchema, order);
  storage.setItem(keyOf(order.orderId), btoa(String.fromCharCode(...bytes)));
  storage.setItem(list_key, JSON.stringify(ids));
}

export function keptOrder(storage: BrowserStorage, orderId: string): Order | null {
  try {
    const text = storage.getItem(keyOf(orderId));
    if (!text) return null;
    return decode(
      OrderSchema,
      Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0)),
    );
  } catch {
    return null;
  }
}

/** All of them, the one that was placed last first. */
export function keptOrders(storage: BrowserStorage): Order[] {
  return list(storage)
    .map((id) => keptOrder(storage, id))
    .filter((order) => order !== null)
    .sort((a, b) => Number(b.placedAtMs - a.placedAtMs));
}

/** Who signs out leaves no tickets behind. */
export function forgetOrders(storage: BrowserStorage): void {
  for (const id of list(storage)) storage.removeItem(keyOf(id));
  storage.removeItem(list_key);
}
