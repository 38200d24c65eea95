// Orders that were looked at in this browser, so that their tickets can be shown without a network.

import type { Shelf } from '../api/identity';
import { decode, encode } from '../api/wire';
import { type Order, OrderSchema } from '../gen/usher/v1/ticket_pb';

const kept_max = 24;
const list_key = 'usher.orders';
const keyOf = (orderId: string) => `usher.order.${orderId}`;

function list(shelf: Shelf): string[] {
  try {
    const ids: unknown = JSON.parse(shelf.getItem(list_key) ?? '[]');
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

/** Keeps an order as it is now; beyond two dozen the one looked at longest ago is let go. */
export function keepOrder(shelf: Shelf, order: Order): void {
  const ids = [order.orderId, ...list(shelf).filter((id) => id !== order.orderId)];
  for (const id of ids.splice(kept_max)) shelf.removeItem(keyOf(id));
  const bytes = encode(OrderSchema, order);
  shelf.setItem(keyOf(order.orderId), btoa(String.fromCharCode(...bytes)));
  shelf.setItem(list_key, JSON.stringify(ids));
}

export function keptOrder(shelf: Shelf, orderId: string): Order | null {
  try {
    const text = shelf.getItem(keyOf(orderId));
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
export function keptOrders(shelf: Shelf): Order[] {
  return list(shelf)
    .map((id) => keptOrder(shelf, id))
    .filter((order) => order !== null)
    .sort((a, b) => Number(b.placedAtMs - a.placedAtMs));
}

/** Who signs out leaves no tickets behind. */
export function forgetOrders(shelf: Shelf): void {
  for (const id of list(shelf)) shelf.removeItem(keyOf(id));
  shelf.removeItem(list_key);
}
