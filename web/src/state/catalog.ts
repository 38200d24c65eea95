// What is on sale.

import { signal } from '@preact/signals';
import { call_ms, tickets } from '../api/client';
import { serverClock } from '../api/clock';
import type { Failure } from '../api/failure';
import { persist, refusalOf } from '../api/retry';
import type { Event } from '../gen/usher/v1/ticket_pb';
import { byDate } from './dates';
import type { SaleBrief } from './sales';

export const events = signal<Event[] | null>(null);
/** The lines in front of them, by performance. */
export const sales = signal<ReadonlyMap<number, SaleBrief>>(new Map());
export const eventsFailure = signal<Failure | null>(null);

/** Loaded apart, after what everybody came for. */
export const loadSales = () => import('./sales').then(({ fetchSales }) => fetchSales());

export async function loadEvents(): Promise<void> {
  try {
    const answer = await persist(() => tickets.listEvents({}, { timeoutMs: call_ms }));
    events.value = byDate(answer.events, serverClock.now());
    eventsFailure.value = null;
    sales.value = await loadSales();
  } catch (cause) {
    eventsFailure.value = refusalOf(cause);
  }
}

const refresh_ms = 5_000;

/** Keeps the list fresh while it is looked at. */
export function followEvents(): () => void {
  void loadEvents();
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') void loadEvents();
  }, refresh_ms);
  return () => clearInterval(timer);
}
