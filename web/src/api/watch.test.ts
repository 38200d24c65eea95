import { describe, expect, it } from 'vitest';
import { type SeatsUpdate, SeatsUpdateSchema } from '../gen/usher/v1/ticket_pb';
import { SeatStates } from '../state/seats';
import { type Link, watchSeats } from './watch';
import { create } from './wire';

const snapshot = (version: bigint) =>
  create(SeatsUpdateSchema, {
    version,
    body: { case: 'snapshot', value: { placeCount: 1, states: Uint8Array.of(0) } },
  });

const delta = (from: bigint, version: bigint) =>
  create(SeatsUpdateSchema, {
    version,
    body: { case: 'delta', value: { fromVersion: from, changes: [1] } },
  });

async function* stream(updates: (SeatsUpdate | Error)[]): AsyncGenerator<SeatsUpdate> {
  for (const update of updates) {
    if (update instanceof Error) throw update;
    yield update;
  }
}

async function run(streams: (SeatsUpdate | Error)[][]) {
  const stop = new AbortController();
  const links: Link[] = [];
  const versions: bigint[] = [];
  const waits: number[] = [];
  let opened = 0;
  await watchSeats(
    new SeatStates(1),
    {
      open: () => stream(streams[opened++] ?? []),
      link: (link) => void links.push(link),
      update: ({ version }) => void versions.push(version),
      wait: async (ms) => {
        waits.push(ms);
        if (opened >= streams.length) stop.abort();
      },
    },
    stop.signal,
  );
  return { links, versions, waits, opened };
}

describe('watchSeats', () => {
  it('takes up a stream that ends or breaks', async () => {
    const { links, versions, opened } = await run([
      [snapshot(1n), delta(1n, 2n)],
      [new Error('reset')],
      [snapshot(5n)],
    ]);
    expect(versions).toEqual([1n, 2n, 5n]);
    expect(opened).toBe(3);
    expect(links).toEqual(['connecting', 'live', 'live', 'lost', 'lost', 'live', 'lost']);
  });

  it('watches anew after a gap, and shows nothing of what follows it', async () => {
    const { versions } = await run([[snapshot(1n), delta(3n, 4n), delta(4n, 5n)], [snapshot(5n)]]);
    expect(versions).toEqual([1n, 5n]);
  });

  it('waits longer each time, and shortly again after it has worked', async () => {
    const { waits } = await run([[], [], [], [], [snapshot(1n)], []]);
    expect(waits[3]).toBeGreaterThan(waits[0] ?? 0);
    expect(waits[4]).toBeLessThanOrEqual(300);
  });

  it('gives up a stream that says nothing, and takes it up anew', async () => {
    const stop = new AbortController();
    const links: Link[] = [];
    let opened = 0;
    // As fetch does: nothing comes, until the attempt is given up.
    async function* dead(signal: AbortSignal): AsyncGenerator<SeatsUpdate> {
      opened++;
      yield snapshot(1n);
      await new Promise((_, reject) => signal.addEventListener('abort', reject));
    }
    await watchSeats(
      new SeatStates(1),
      {
        open: dead,
        link: (link) => void links.push(link),
        update: () => {},
        wait: async () => {
          if (opened === 2) stop.abort();
        },
        silenceMs: 5,
      },
      stop.signal,
    );
    expect(links).toEqual(['connecting', 'live', 'lost', 'live', 'lost']);
  });

  it('ends with its reader', async () => {
    const stop = new AbortController();
    let ended = false;
    async function* endless(signal: AbortSignal): AsyncGenerator<SeatsUpdate> {
      yield snapshot(1n);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      ended = true;
    }
    const watching = watchSeats(
      new SeatStates(1),
      {
        open: endless,
        link: () => {},
        update: () => setTimeout(() => stop.abort()),
      },
      stop.signal,
    );
    await watching;
    expect(ended).toBe(true);
  });
});
