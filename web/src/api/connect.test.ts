import { afterEach, describe, expect, it, vi } from 'vitest';
import { ErrorDetailSchema } from '../gen/usher/v1/error_pb';
import {
  GetPerformanceRequestSchema,
  HoldSchema,
  HoldSeatsRequestSchema,
  PerformanceSchema,
  SeatsUpdateSchema,
  TicketService,
} from '../gen/usher/v1/ticket_pb';
import { Code, ConnectError, createClient, framesOf } from './connect';
import { failureOf } from './failure';
import { create, decode, encode } from './wire';

const client = createClient(TicketService, []);
const sent: { url: string; init: RequestInit }[] = [];

function serve(answer: (url: string, init: RequestInit) => Response | Promise<Response>) {
  sent.length = 0;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    sent.push({ url, init });
    return answer(url, init);
  });
}

afterEach(() => vi.unstubAllGlobals());

const proto = (body: Uint8Array<ArrayBuffer>) =>
  new Response(body, { headers: { 'content-type': 'application/proto' } });

const frame = (flags: number, body: Uint8Array) => {
  const bytes = new Uint8Array(5 + body.length);
  bytes[0] = flags;
  new DataView(bytes.buffer).setUint32(1, body.length);
  bytes.set(body, 5);
  return bytes;
};

const pieces = (bytes: Uint8Array, size: number) =>
  new ReadableStream<Uint8Array>({
    start(to) {
      for (let at = 0; at < bytes.length; at += size) to.enqueue(bytes.slice(at, at + size));
      to.close();
    },
  });

const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

describe('a call', () => {
  it('waits for a large answer as long as pieces of it come', async () => {
    const whole = encode(HoldSchema, { holdId: 'h'.repeat(60) });
    const slow = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async start(to) {
        for (let at = 0; at < whole.length; at += 8) {
          await new Promise((later) => setTimeout(later, 20));
          to.enqueue(whole.slice(at, at + 8));
        }
        to.close();
      },
    });
    serve(() => new Response(slow, { headers: { 'content-type': 'application/proto' } }));
    const seen: number[] = [];
    const hold = await client.holdSeats(
      { performanceId: 7, seats: [1] },
      { timeoutMs: 100, progress: (bytes) => seen.push(bytes) },
    );
    expect(hold.holdId).toHaveLength(60);
    expect(seen.at(-1)).toBe(whole.length);
    expect(seen.length).toBeGreaterThan(5); // longer than the 100 ms in all
  });

  it('gives up where no further piece comes', async () => {
    serve((_, init) => {
      const stuck = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(to) {
          to.enqueue(new Uint8Array(8));
          init.signal?.addEventListener('abort', () => to.error(new Error('aborted')));
        },
      });
      return new Response(stuck, { headers: { 'content-type': 'application/proto' } });
    });
    const why = await client
      .holdSeats({}, { timeoutMs: 30, progress: () => undefined })
      .catch((cause) => cause);
    expect(why).toBeInstanceOf(ConnectError);
    expect(why.code).toBe(Code.DeadlineExceeded);
  });

  it('posts what changes something, with its deadline', async () => {
    serve(() => proto(encode(HoldSchema, { holdId: 'h' })));
    const hold = await client.holdSeats({ performanceId: 7, seats: [1, 2] }, { timeoutMs: 500 });
    expect(hold.holdId).toBe('h');
    const [{ url, init }] = sent as [(typeof sent)[0]];
    expect(url).toBe('/usher.v1.TicketService/HoldSeats');
    expect(init.method).toBe('POST');
    const headers = init.headers as Headers;
    expect(headers.get('content-type')).toBe('application/proto');
    expect(headers.get('connect-protocol-version')).toBe('1');
    expect(headers.get('connect-timeout-ms')).toBe('500');
    const body = decode(HoldSeatsRequestSchema, init.body as Uint8Array);
    expect(body).toMatchObject({ performanceId: 7, seats: [1, 2] });
  });

  it('gets what changes nothing, so that caches can answer', async () => {
    serve(() => proto(encode(PerformanceSchema, { performanceId: 300 })));
    await client.getPerformance({ performanceId: 300 });
    const { searchParams } = new URL(sent[0]?.url ?? '', 'http://x');
    expect(Object.fromEntries(searchParams)).toMatchObject({
      connect: 'v1',
      encoding: 'proto',
      base64: '1',
    });
    const message = Uint8Array.from(atob(searchParams.get('message') ?? ''), (c) =>
      c.charCodeAt(0),
    );
    expect(decode(GetPerformanceRequestSchema, message).performanceId).toBe(300);
  });

  it('tells a refusal with its detail', async () => {
    const value = btoa(
      String.fromCharCode(...encode(ErrorDetailSchema, { reason: 'SEATS_TAKEN', seats: [4] })),
    );
    serve(
      () =>
        new Response(
          JSON.stringify({
            code: 'failed_precondition',
            message: 'no',
            details: [{ type: 'usher.v1.ErrorDetail', value: value.replace(/=+$/, '') }],
          }),
          { status: 400, headers: { 'content-type': 'application/json' } },
        ),
    );
    const why = await client.holdSeats({}).catch((cause) => cause);
    expect(why).toBeInstanceOf(ConnectError);
    expect(why.code).toBe(Code.FailedPrecondition);
    expect(failureOf(why)).toMatchObject({ reason: 'SEATS_TAKEN', seats: [4] });
  });

  it('tells what another server in between says by its status alone', async () => {
    serve(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
    expect(failureOf(await client.holdSeats({}).catch((cause) => cause)).reason).toBe(
      'OWNER_UNAVAILABLE',
    );
    serve(() => {
      throw new TypeError('fetch failed');
    });
    expect(failureOf(await client.holdSeats({}).catch((cause) => cause)).reason).toBe('OFFLINE');
    serve(() => proto(Uint8Array.of(0x0a, 9)));
    await expect(client.holdSeats({})).rejects.toBeInstanceOf(ConnectError);
  });

  it('is given up at its deadline', async () => {
    serve(
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    const why = await client.holdSeats({}, { timeoutMs: 5 }).catch((cause) => cause);
    expect(why.code).toBe(Code.DeadlineExceeded);
    const gone = new AbortController();
    const call = client
      .holdSeats({}, { timeoutMs: 60_000, signal: gone.signal })
      .catch((cause) => cause);
    gone.abort();
    expect((await call).code).toBe(Code.Canceled);
  });
});

describe('a stream', () => {
  const update = (version: bigint) => encode(SeatsUpdateSchema, { version });
  const read = async () => {
    const versions: bigint[] = [];
    for await (const { version } of client.watchSeats({ performanceId: 1 })) versions.push(version);
    return versions;
  };
  const stream = (bytes: Uint8Array, size = 3) =>
    serve(
      () =>
        new Response(pieces(bytes, size), {
          headers: { 'content-type': 'application/connect+proto' },
        }),
    );
  const end = (text: string) => frame(2, new TextEncoder().encode(text));

  it('is read in pieces of any size', async () => {
    for (const size of [1, 2, 5, 7, 1000]) {
      stream(joined(frame(0, update(1n)), frame(0, update(300n)), end('{}')), size);
      expect(await read()).toEqual([1n, 300n]);
    }
  });

  it('that fails, or breaks off, throws', async () => {
    stream(joined(frame(0, update(1n)), end('{"error":{"code":"unavailable","message":"x"}}')));
    await expect(read()).rejects.toMatchObject({ code: Code.Unavailable });
    stream(frame(0, update(1n)));
    await expect(read()).rejects.toMatchObject({ code: Code.Unavailable });
    stream(frame(1, update(1n)));
    await expect(read()).rejects.toMatchObject({ code: Code.Internal });
  });

  it('of which a frame would be absurdly large is refused', async () => {
    const frames = framesOf(pieces(Uint8Array.of(0, 255, 255, 255, 255), 5));
    await expect(frames.next()).rejects.toBeInstanceOf(ConnectError);
  });
});

describe('create', () => {
  it('makes whole messages of the contracts', () => {
    expect(create(PerformanceSchema, {}).utcOffsetChoice).toEqual({ case: undefined });
  });
});
