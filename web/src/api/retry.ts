// Trying again: with the same key, a bounded number of times, and never all clients at once.

import { type Failure, failureOf, mayRetry } from './failure';

export const tries_max = 3;
const step_ms = 300;
const wait_max_ms = 5_000;

/** How long to wait after try number `attempt` (from 0) has failed: doubling, capped, between half and whole. */
export function backoffMs(
  attempt: number,
  capMs: number = wait_max_ms,
  random: () => number = Math.random,
): number {
  const whole = Math.min(capMs, step_ms * 2 ** Math.min(attempt, 20));
  return whole / 2 + (whole / 2) * random();
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.reason);
  }
}

/** Why `persist`, or anything else, has thrown. */
export function refusalOf(cause: unknown): Failure {
  return cause instanceof Refused ? cause.failure : failureOf(cause);
}

/**
 * Calls until it is answered. The caller closes over one idempotency key, so that a try whose answer was lost is
 * answered with what it did. Throws Refused.
 */
export async function persist<T>(
  call: () => Promise<T>,
  wait: (ms: number) => Promise<void> = sleep,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (cause) {
      const why = failureOf(cause);
      if (!mayRetry(why.reason) || attempt + 1 >= tries_max) throw new Refused(why);
      await wait(Math.max(backoffMs(attempt), Math.min(why.retryAfterMs, wait_max_ms)));
    }
  }
}
