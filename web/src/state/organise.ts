// Whom one acts for, and one thing at a time that the server may refuse with a sentence.

import { computed, signal } from '@preact/signals';
import { account } from '../api/account';
import { call_ms } from '../api/client';
import { ConnectError } from '../api/connect';
import { type Failure, failureOf } from '../api/failure';
import { lineDesk, ticketDesk } from '../api/organise';
import { persist, refusalOf } from '../api/retry';
import { type Membership, Role } from '../gen/usher/v1/auth_pb';
import { ErrorDetailSchema } from '../gen/usher/v1/error_pb';
import { type Event, EventState } from '../gen/usher/v1/ticket_pb';
import type { Sale } from '../gen/usher/v1/waitroom_pb';
import { storage } from './storage';

export const options = { timeoutMs: call_ms };

const storage_key = 'usher.organiser';

export const memberships = signal<Membership[] | null>(null);
export const membershipsFailure = signal<Failure | null>(null);
const wished = signal(Number(storage.getItem(storage_key) ?? 0));

/** Whom one acts for now; null: nobody. */
export const acting = computed<Membership | null>(() => {
  const list = memberships.value ?? [];
  return list.find(({ organiserId }) => organiserId === wished.value) ?? list[0] ?? null;
});

export const manages = (role: Role) => role === Role.MANAGER || role === Role.OWNER;
export const sells = (role: Role) => manages(role) || role === Role.BOX_OFFICE;

export function actFor(organiserId: number): void {
  wished.value = organiserId;
  storage.setItem(storage_key, String(organiserId));
}

export async function loadMemberships(): Promise<void> {
  try {
    const who = await persist(() => account.getAccount({}, options));
    memberships.value = who.memberships;
    membershipsFailure.value = null;
  } catch (cause) {
    membershipsFailure.value = refusalOf(cause);
  }
}

/** One thing at a time; why the last one failed, in the reader's words and in the server's own. */
export class Task {
  readonly busy = signal(false);
  readonly failure = signal<Failure | null>(null);
  readonly said = signal('');
  readonly why = signal(''); // ErrorDetail.reason, also one that the pages' words do not know

  async do(act: () => Promise<void>): Promise<boolean> {
    if (this.busy.value) return false;
    this.busy.value = true;
    this.failure.value = null;
    this.said.value = '';
    this.why.value = '';
    try {
      await act();
      return true;
    } catch (cause) {
      this.failure.value = failureOf(cause);
      const error = ConnectError.from(cause);
      this.said.value = error.message;
      this.why.value = error.find(ErrorDetailSchema)?.reason ?? '';
      return false;
    } finally {
      this.busy.value = false;
    }
  }
}

// ---- what an organiser has ----

export const ownEvents = signal<Event[] | null>(null);
export const ownSales = signal<Sale[]>([]);
export const ownFailure = signal<Failure | null>(null);

/** The events of the organiser, drafts too, what comes next first, and the lines before them. */
export async function loadOwn(): Promise<void> {
  const organiserId = acting.peek()?.organiserId;
  if (!organiserId) return;
  try {
    const [{ events }, { sales }] = await Promise.all([
      persist(() => ticketDesk.listEvents({}, options)),
      persist(() => lineDesk.listSales({}, options)),
    ]);
    if (acting.peek()?.organiserId !== organiserId) return;
    const first = ({ performances }: Event) =>
      performances.reduce((least, one) => Math.min(least, Number(one.startsAtMs)), Infinity);
    const own = events
      .filter((one) => one.organiserId === organiserId && one.state !== EventState.DELETED)
      .sort((a, b) => first(a) - first(b) || b.eventId - a.eventId);
    const dates = new Set(
      own.flatMap(({ performances }) => performances.map(({ performanceId }) => performanceId)),
    );
    ownEvents.value = own;
    ownSales.value = sales.filter(({ performanceIds }) =>
      performanceIds.some((id) => dates.has(id)),
    );
    ownFailure.value = null;
  } catch (cause) {
    ownFailure.value = refusalOf(cause);
  }
}

/** Runs something now and every few seconds while the page is looked at; gives how it ends. */
export function again(act: () => Promise<void>, every_ms: number): () => void {
  let under_way = false;
  const run = async () => {
    if (under_way || document.visibilityState !== 'visible') return;
    under_way = true;
    await act();
    under_way = false;
  };
  void run();
  const timer = setInterval(() => void run(), every_ms);
  return () => clearInterval(timer);
}

export const own_ms = 5_000;

export const followOwn = () => again(loadOwn, own_ms);

/** The line before a performance. */
export const lineOf = (performanceId: number) =>
  ownSales.value.find(({ performanceIds }) => performanceIds.includes(performanceId)) ?? null;
