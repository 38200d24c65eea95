// Paying for a hold: an attempt at a provider, begun here, made on the provider's page, and followed until it is clear.

import { signal } from '@preact/signals';
import { call_ms } from '../api/client';
import { type Failure, failureOf } from '../api/failure';
import { newKey } from '../api/key';
import { backoffMs, persist, refusalOf, sleep } from '../api/retry';
import { till } from '../api/till';
import { type Payment, PaymentState, type PurchaseQuote } from '../gen/usher/v1/payment_pb';
import type { wishOf } from '../parts/depositform';
import { dropHold } from './kept';
import { paths } from './route';
import { storage } from './storage';

export interface Contact {
  name: string;
  email: string;
  phone: string;
  language: string;
}

const options = { timeoutMs: call_ms };
const finish_ms = 30_000; // the server waits some seconds itself
const poll_max_ms = 5_000;
const storage_key = 'usher.payment';

/** The attempt that was begun last in this browser: the way back from the provider may not say which. */
export interface KeptPayment {
  paymentId: string;
  performanceId: number;
}

export function keptPayment(): KeptPayment | null {
  try {
    const kept = JSON.parse(storage.getItem(storage_key) ?? 'null') as KeptPayment | null;
    return typeof kept?.paymentId === 'string' ? kept : null;
  } catch {
    return null;
  }
}

export function forgetPayment(): void {
  storage.removeItem(storage_key);
}

interface Wish {
  performanceId: number;
  holdId: string;
  provider: string;
  contact: Contact;
  /** Where the money comes so late that the seats are gone: others of the same category, side by side. */
  equalPlaces: boolean;
  /** What the buyer was shown, fees included; 0: whatever it costs. */
  expectedAmount: bigint;
  /** To an account at a bank, later. */
  deposit?: ReturnType<typeof wishOf>;
}

export async function beginPayment(wish: Wish): Promise<Payment> {
  const idempotencyKey = newKey();
  const request = { ...wish, idempotencyKey, returnUrl: paths.paid, terms: true };
  const payment = await persist(() => till.beginPayment(request, options));
  const { paymentId } = payment;
  storage.setItem(storage_key, JSON.stringify({ paymentId, performanceId: wish.performanceId }));
  return payment;
}

/** Fees, tax, seller, and what giving all of it back would return: as promised when the places were held. */
export const quotePurchase = (hold: {
  performanceId: number;
  holdId: string;
  seats: { amount: number }[];
}): Promise<PurchaseQuote> =>
  persist(() =>
    till.quotePurchase(
      {
        performanceId: hold.performanceId,
        holdId: hold.holdId,
        prices: hold.seats.map(({ amount }) => BigInt(amount)),
      },
      options,
    ),
  );

export const getPayment = (paymentId: string): Promise<Payment> =>
  persist(() => till.getPayment({ paymentId }, options));

export async function abandonPayment(paymentId: string): Promise<Payment> {
  const payment = await persist(() => till.abandonPayment({ paymentId }, options));
  forgetPayment();
  return payment;
}

/** Which attempt the way back is about: what the address says, or what was begun here. */
export function paymentOf(query: string): string {
  return new URLSearchParams(query).get('payment') ?? keptPayment()?.paymentId ?? '';
}

const settled = new Set([
  PaymentState.DONE,
  PaymentState.DECLINED,
  PaymentState.ABANDONED,
  PaymentState.REFUNDED,
]);

/** Follows an attempt from the way back until it is clear. */
export class Following {
  readonly payment = signal<Payment | null>(null);
  readonly failure = signal<Failure | null>(null);
  #closed = new AbortController();

  constructor(
    readonly paymentId: string,
    readonly query: string,
  ) {}

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#closed.abort();
  }

  async #run(): Promise<void> {
    const { paymentId, query } = this;
    const { signal } = this.#closed;
    for (let round = 0; !signal.aborted; round++) {
      try {
        // The server may have had the way back itself, and have sent the buyer on: then it has nothing more to learn.
        const told = [...new URLSearchParams(query).keys()].some((key) => key !== 'payment');
        const payment =
          round === 0 && told
            ? await till.finishPayment({ paymentId, returnQuery: query }, { timeoutMs: finish_ms })
            : await till.getPayment({ paymentId }, options);
        if (signal.aborted) return;
        this.failure.value = null;
        this.payment.value = payment;
        if (payment.state === PaymentState.DONE) dropHold(storage, payment.performanceId);
        if (settled.has(payment.state)) forgetPayment();
        if (settled.has(payment.state) || payment.state === PaymentState.WAITING) return;
      } catch (cause) {
        const why = failureOf(cause);
        if (signal.aborted) return;
        this.failure.value = why;
        if (why.reason === 'NOT_FOUND' || why.reason === 'BAD_ARGUMENT') return;
      }
      await sleep(backoffMs(round + 1, poll_max_ms));
    }
  }

  async abandon(): Promise<void> {
    try {
      this.payment.value = await abandonPayment(this.paymentId);
    } catch (cause) {
      this.failure.value = refusalOf(cause);
    }
  }
}
