// The orders of this account, newest first.

import { signal } from '@preact/signals';
import { call_ms, identity, tickets } from '../api/client';
import { door } from '../api/door';
import { type Failure, failureOf } from '../api/failure';
import { persist, refusalOf } from '../api/retry';
import { type Order, OrderState } from '../gen/usher/v1/ticket_pb';
import { keepOrder, keptOrder, keptOrders } from './keptorders';
import { storage } from './storage';

const page_size = 20;

/** What the tickets cost that an order has still: of a part that was given back, it is less than its total. */
export const leftOf = (order: Order): bigint =>
  order.tickets.reduce((sum, ticket) => sum + ticket.amount, 0n);

export class OrderBook {
  readonly orders = signal<Order[] | null>(null);
  readonly failure = signal<Failure | null>(null);
  readonly next = signal('');
  readonly busy = signal(false);
  /** What is shown was kept in this browser: the server was not to be had. */
  readonly offline = signal(false);

  async more(): Promise<void> {
    if (this.busy.value) return;
    if (!identity.known) {
      // Nobody has bought anything here yet: no need to make an account to learn that.
      this.orders.value = [];
      return;
    }
    this.busy.value = true;
    this.failure.value = null;
    try {
      const pageToken = this.next.value;
      const answer = await persist(() =>
        tickets.listOrders({ pageSize: page_size, pageToken }, { timeoutMs: call_ms }),
      );
      this.orders.value = [...(this.orders.value ?? []), ...answer.orders];
      this.next.value = answer.nextPageToken;
      this.offline.value = false;
    } catch (cause) {
      this.failure.value = refusalOf(cause);
      const kept = this.orders.value ? [] : keptOrders(storage);
      if (this.failure.value.reason === 'OFFLINE' && kept.length > 0) {
        this.orders.value = kept;
        this.offline.value = true;
      }
    }
    this.busy.value = false;
  }
}

/** The order with the codes that a door can check without a network; where they are not to be had, with its own. */
async function withSigned(order: Order): Promise<Order> {
  if (order.state !== OrderState.CONFIRMED) return order;
  try {
    const { orderId } = order;
    const { tickets: codes } = await door.getTicketCodes({ orderId }, { timeoutMs: codes_ms });
    const signed = new Map(codes.map(({ seat, signedCode }) => [seat, signedCode]));
    const tickets = order.tickets.map((one) => ({
      ...one,
      ticketCode: signed.get(one.seat) || one.ticketCode,
    }));
    return { ...order, tickets };
  } catch {
    return order;
  }
}

const codes_ms = 4_000;

export class OneOrder {
  readonly order = signal<Order | null>(null);
  readonly failure = signal<Failure | null>(null);
  readonly busy = signal(false);
  /** What is shown was kept in this browser: the server was not to be had. */
  readonly offline = signal(false);

  constructor(private readonly orderId: string) {}

  async load(): Promise<void> {
    const orderId = this.orderId;
    await this.#do(() => tickets.getOrder({ orderId }, { timeoutMs: call_ms }));
  }

  /** Cancelling twice is cancelling once: it needs no key, and "already cancelled" is what was wished for. */
  async cancel(): Promise<boolean> {
    const orderId = this.orderId;
    const options = { timeoutMs: call_ms };
    return this.#do(async () => {
      try {
        return await tickets.cancelOrder({ orderId }, options);
      } catch (cause) {
        if (failureOf(cause).reason !== 'ALREADY_CANCELLED') throw cause;
        return tickets.getOrder({ orderId }, options);
      }
    });
  }

  async #do(call: () => Promise<Order>): Promise<boolean> {
    if (this.busy.value) return false;
    this.busy.value = true;
    this.failure.value = null;
    let done = false;
    try {
      const order = await withSigned(await persist(call));
      keepOrder(storage, order);
      this.order.value = order;
      this.offline.value = false;
      done = true;
    } catch (cause) {
      const why = refusalOf(cause);
      const kept =
        why.reason === 'OFFLINE' && !this.order.value && keptOrder(storage, this.orderId);
      if (kept) {
        this.order.value = kept;
        this.offline.value = true;
      } else this.failure.value = why;
    }
    this.busy.value = false;
    return done;
  }
}
