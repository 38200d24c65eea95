// Watching a performance's seats: one stream at a time, taken up again for as long as someone looks.

import type { SeatsUpdate } from '../gen/usher/v1/ticket_pb';
import type { Change, SeatStates } from '../state/seats';
import { backoffMs, sleep } from './retry';

export type Link = 'connecting' | 'live' | 'lost';

export interface WatchHooks {
  open(signal: AbortSignal): AsyncIterable<SeatsUpdate>;
  link(state: Link): void;
  update(update: SeatsUpdate, change: Change): void;
  /** Ends early when there is reason to hope (the network is back). */
  wait?(ms: number, signal: AbortSignal): Promise<void>;
  silenceMs?: number;
}

const wait_max_ms = 8_000;
// A quiet hall is told of every 15 s. A connection that says nothing for longer is dead (a phone that changed networks
// gets no other sign), and a map that only looks live is worse than one that says it is not.
const silence_ms = 35_000;

/** Ends only when `signal` does. */
export async function watchSeats(
  states: SeatStates,
  hooks: WatchHooks,
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
        const change = states.take(update);
        if (!change) break; // a gap: what we hold is not what the delta applies to
        failures = 0;
        hooks.link('live');
        hooks.update(update, change);
      }
    } catch {
      // A stream that broke and one that ended are the same to us: take it up again.
    } finally {
      attempt.abort();
      clearTimeout(silence);
    }
    states.detach();
    if (signal.aborted) return;
    hooks.link('lost');
    await wait(backoffMs(failures++, wait_max_ms), signal);
  }
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
