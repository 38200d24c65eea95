// The Connect protocol (connectrpc.com/docs/protocol) over fetch, binary: calls, and streams that the server sends.

import { decode, encode, type Init, type Schema } from './wire';

export enum Code {
  Canceled = 1,
  Unknown,
  InvalidArgument,
  DeadlineExceeded,
  NotFound,
  AlreadyExists,
  PermissionDenied,
  ResourceExhausted,
  FailedPrecondition,
  Aborted,
  OutOfRange,
  Unimplemented,
  Internal,
  Unavailable,
  DataLoss,
  Unauthenticated,
}

const codes = new Map(
  Object.keys(Code)
    .filter((name) => Number.isNaN(Number(name)))
    .map((name) => [
      name.replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase(),
      Code[name as keyof typeof Code] as Code,
    ]),
);

interface Detail {
  type: string;
  value: string; // base64
}

/** Why a call failed: what the server said, or what it looks like from here. */
export class ConnectError extends Error {
  constructor(
    message: string,
    readonly code: Code = Code.Unknown,
    readonly details: readonly Detail[] = [],
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  static from(cause: unknown): ConnectError {
    if (cause instanceof ConnectError) return cause;
    const name = cause instanceof Error ? cause.name : '';
    if (name === 'AbortError') return new ConnectError('given up', Code.Canceled, [], cause);
    return new ConnectError(String(cause), Code.Unknown, [], cause);
  }

  find<T>(kind: Schema<T>): T | undefined {
    const detail = this.details.find(({ type }) => type.endsWith(`.${kind.name}`));
    return detail && decode(kind, fromBase64(detail.value));
  }
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function toBase64Url(bytes: Uint8Array): string {
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(letters).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

// ---- what is called ----

export interface Call<I, O> {
  kind: 'get' | 'post' | 'stream'; // get: without side effects, so that caches can answer
  name: string;
  input: Schema<I>;
  output: Schema<O>;
}

type Calls = Record<string, Call<unknown, unknown>>;

export function call<K extends Call<unknown, unknown>['kind'], I, O>(
  kind: K,
  name: string,
  input: Schema<I>,
  output: Schema<O>,
): Call<I, O> & { kind: K } {
  return { kind, name, input, output };
}

export function service<C extends Calls>(name: string, calls: C): { name: string; calls: C } {
  return { name, calls };
}

export interface Request {
  name: string;
  stream: boolean;
  get: boolean;
  header: Headers;
  message: unknown;
}

export interface Answer {
  header: Headers;
  message: unknown;
}

export type Next = (request: Request) => Promise<Answer>;
export type Interceptor = (next: Next) => Next;

export interface Options {
  signal?: AbortSignal;
  /** Without an answer for so long it has failed; with progress, without another piece of it. */
  timeoutMs?: number;
  /** Hears how many bytes of the answer are here, as they come. */
  progress?: (bytes: number) => void;
}

type Client<C extends Calls> = {
  [K in keyof C]: C[K] extends { kind: 'stream'; input: Schema<infer I>; output: Schema<infer O> }
    ? (request: Init<I>, options?: Options) => AsyncIterable<O>
    : C[K] extends { input: Schema<infer I>; output: Schema<infer O> }
      ? (request: Init<I>, options?: Options) => Promise<O>
      : never;
};

/** The client of a service; every call goes through the interceptors, the first outermost. */
export function createClient<C extends Calls>(
  { name, calls }: { name: string; calls: C },
  interceptors: readonly Interceptor[],
): Client<C> {
  const client: Record<string, unknown> = {};
  for (const [word, method] of Object.entries(calls)) {
    const path = `/${name}/${method.name}`;
    client[word] =
      method.kind === 'stream'
        ? (message: Init<unknown>, options: Options = {}) =>
            streamed(path, method, message, options, interceptors)
        : async (message: Init<unknown>, options: Options = {}) =>
            (await run(path, method, message, options, interceptors)).message;
  }
  return client as Client<C>;
}

function run(
  path: string,
  method: Call<unknown, unknown>,
  message: Init<unknown>,
  options: Options,
  interceptors: readonly Interceptor[],
): Promise<Answer> {
  const act: Next =
    method.kind === 'stream' ? opening(path, method, options) : asking(path, method, options);
  const whole = interceptors.reduceRight<Next>((next, each) => each(next), act);
  return whole({
    name: method.name,
    stream: method.kind === 'stream',
    get: method.kind === 'get',
    header: new Headers(),
    message,
  });
}

const version = 'connect-protocol-version';

/** One question, one answer. */
function asking(path: string, method: Call<unknown, unknown>, options: Options): Next {
  return async ({ header, message, get }) => {
    const body = encode(method.input, message as Init<unknown>);
    const { timeoutMs, progress } = options;
    if (timeoutMs) header.set('connect-timeout-ms', String(timeoutMs));
    const late = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = () => {
      clearTimeout(timer);
      if (timeoutMs) timer = setTimeout(() => late.abort(), timeoutMs);
    };
    const signals = [options.signal, late.signal].filter((signal) => signal !== undefined);
    wait();
    const common: RequestInit = { headers: header, signal: anyOf(signals) };
    try {
      let response: Response;
      if (get) {
        const query = `connect=v1&encoding=proto&base64=1&message=${toBase64Url(body)}`;
        response = await fetch(`${path}?${query}`, common);
      } else {
        header.set('content-type', 'application/proto');
        header.set(version, '1');
        response = await fetch(path, { ...common, method: 'POST', body });
      }
      if (!response.ok) throw await refusal(response);
      const bytes = progress
        ? await gather(response, (size) => {
            wait();
            progress(size);
          })
        : new Uint8Array(await response.arrayBuffer());
      return { header: response.headers, message: decode(method.output, bytes) };
    } catch (cause) {
      if (late.signal.aborted) throw new ConnectError('too slow', Code.DeadlineExceeded, [], cause);
      throw ConnectError.from(cause);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The body, piece by piece; a large one over a narrow link takes its time. */
async function gather(response: Response, heard: (size: number) => void): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(await response.arrayBuffer());
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    size += value.length;
    heard(size);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function anyOf(signals: AbortSignal[]): AbortSignal | null {
  if (signals.length < 2) return signals[0] ?? null;
  const either = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) either.abort(signal.reason);
    signal.addEventListener('abort', () => either.abort(signal.reason), { signal: either.signal });
  }
  return either.signal;
}

// Of a server in front of ours there is a status alone.
const codeOfStatus: Record<number, Code> = {
  400: Code.Internal,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.Unimplemented,
  429: Code.Unavailable,
  502: Code.Unavailable,
  503: Code.Unavailable,
  504: Code.Unavailable,
};

async function refusal(response: Response): Promise<ConnectError> {
  const kind = response.headers.get('content-type') ?? '';
  const said = kind.startsWith('application/json') ? await response.json().catch(() => null) : null;
  const code = codeOfStatus[response.status] ?? Code.Unknown;
  return errorOf(said, code, `the server answered with ${response.status}`);
}

function errorOf(said: unknown, code: Code, message: string): ConnectError {
  const error = (said ?? {}) as { code?: string; message?: string; details?: Detail[] };
  return new ConnectError(
    error.message ?? message,
    codes.get(error.code ?? '') ?? code,
    Array.isArray(error.details) ? error.details : [],
  );
}

// ---- streams ----

const compressed = 1;
const last = 2;
const head_bytes = 5; // flags, then the length of what follows
const frame_max = 1 << 26;

function framed(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(head_bytes + body.length);
  new DataView(frame.buffer).setUint32(1, body.length);
  frame.set(body, head_bytes);
  return frame;
}

/** Opens a stream; its messages are the answer's. */
function opening(path: string, method: Call<unknown, unknown>, options: Options): Next {
  return async ({ header, message }) => {
    header.set('content-type', 'application/connect+proto');
    header.set(version, '1');
    const response = await fetch(path, {
      method: 'POST',
      headers: header,
      body: framed(encode(method.input, message as Init<unknown>)),
      signal: options.signal ?? null,
    });
    if (!response.ok || !response.body) throw await refusal(response);
    return { header: response.headers, message: messagesOf(method, response.body) };
  };
}

async function* streamed(
  path: string,
  method: Call<unknown, unknown>,
  message: Init<unknown>,
  options: Options,
  interceptors: readonly Interceptor[],
): AsyncGenerator<unknown> {
  try {
    const answer = await run(path, method, message, options, interceptors);
    yield* answer.message as AsyncIterable<unknown>;
  } catch (cause) {
    throw ConnectError.from(cause);
  }
}

async function* messagesOf(
  method: Call<unknown, unknown>,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<unknown> {
  for await (const { flags, bytes } of framesOf(body)) {
    if (flags & compressed) throw new ConnectError('compressed, unasked', Code.Internal);
    if (!(flags & last)) {
      yield decode(method.output, bytes);
      continue;
    }
    const { error } = JSON.parse(new TextDecoder().decode(bytes)) as { error?: unknown };
    if (error) throw errorOf(error, Code.Unknown, 'the stream failed');
    return;
  }
  throw new ConnectError('the stream broke off', Code.Unavailable);
}

interface Frame {
  flags: number;
  bytes: Uint8Array;
}

/** Cuts what arrives, in pieces of any size, into frames. */
export async function* framesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const reader = body.getReader();
  let kept = new Uint8Array(0);
  try {
    for (;;) {
      while (kept.length >= head_bytes) {
        const length = new DataView(kept.buffer, kept.byteOffset).getUint32(1);
        if (length > frame_max) throw new ConnectError('a frame is too large', Code.Internal);
        if (kept.length < head_bytes + length) break;
        const end = head_bytes + length;
        yield { flags: kept[0] ?? 0, bytes: kept.subarray(head_bytes, end) };
        kept = kept.slice(end);
      }
      const { done, value } = await reader.read();
      if (done) return;
      const longer = new Uint8Array(kept.length + value.length);
      longer.set(kept);
      longer.set(value, kept.length);
      kept = longer;
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}
