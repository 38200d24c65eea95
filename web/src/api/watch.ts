// Watching what changes: one stream at a time, taken up again for as long as someone looks.

import type { SeatsUpdate } from '../gen/usher/v1/ticket_pb';
import type { Change, SeatStates } from '../state/seats';
import { backoffMs, sleep } from './retry';

export type Link = 'connecting' | 'live' | 'lost';

export interface StreamHooks<Update> {
  open(signal: AbortSignal): AsyncIterable<Update>;
  /** False: the update does not fit what is held; the stream is to be taken up anew. */
  take(update: Update): boolean;
  link(state: Link): void;
  /** The stream has ended. */
  detach?(): void;
  /** Ends early when there is reason to hope (the network is back). */
  wait?(ms: number, signal: AbortSignal): Promise<void>;
  silenceMs?: number;
}

const wait_max_ms = 8_000;
// A quiet hall is told of every 15 s. A connection that says nothing for longer is dead (a phone that changed networks
// gets no other sign), and a page that only looks live is worse than one that says it is not.
const silence_ms = 35_000;

/** Ends only when `signal` does. */
export async function follow<Update>(
  hooks: StreamHooks<Update>,
  signal: AbortSignal,
): Promise<void> {
  const { wait = waitForHope, silenceMs = silence_ms } = hooks;
  let failures = 0;
  hooks.link('connecting');
  while (!signal.aborted) {
    const attempt = new AbortController();
    const end = () => attempt.abort();
    signal.addEventListener('abort', end, { signal: attempt.signal });
    // The browser knows at once that its network is gone; the connection would notice in half a minute.
    globalThis.addEventListener?.('offline', end, { signal: attempt.signal });
    let silence = setTimeout(end, silenceMs);
    try {
      for await (const update of hooks.open(attempt.signal)) {
        if (attempt.signal.aborted) break;
        clearTimeout(silence);
        silence = setTimeout(end, silenceMs);
        if (!hooks.take(update)) break;
        failures = 0;
        hooks.link('live');
      }
    } catch {
      // A stream that broke and one that ended are the same to us: take it up again.
    } finally {
      attempt.abort();
      clearTimeout(silence);
    }
    hooks.detach?.();
    if (signal.aborted) return;
    hooks.link('lost');
    await wait(backoffMs(failures++, wait_max_ms), signal);
  }
}

export interface SeatHooks extends Omit<StreamHooks<SeatsUpdate>, 'take' | 'detach'> {
  update(update: SeatsUpdate, change: Change): void;
}

/** A performance's seats. A gap is noticed: a delta applies to exactly the version that is held. */
export function watchSeats(
  states: SeatStates,
  hooks: SeatHooks,
  signal: AbortSignal,
): Promise<void> {
  return follow(
    {
      ...hooks,
      take: (update) => {
        const change = states.take(update);
        if (change) hooks.update(update, change);
        return change !== null;
      },
      detach: () => states.detach(),
    },
    signal,
  );
}

async function waitForHope(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const finish = () => {
      removeEventListener('online', finish);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    addEventListener('online', finish);
    signal.addEventListener('abort', finish);
    void sleep(ms).then(finish);
  });
}
