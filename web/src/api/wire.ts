// Protocol Buffers as they are on the wire (protobuf.dev, "Encoding"): what the page needs of them, by a line of text for
// each message that gen.mjs writes from the contracts. The usual runtime would be half of the page's script.

/** How a message is written: "1u saleId;2U number;7m status;4m* sections;5m delta|body". */
export interface Schema<T> {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly type?: T; // never there: it ties the schema to its type
}

interface Field {
  number: number;
  kind: string; // u i s: 32 bits; U I: 64; b bool, t text, y bytes, e enum, m message
  many: boolean;
  name: string;
  choice: string; // the oneof it is in; empty: none
  of: Schema<unknown> | undefined;
}

export function schema<T>(name: string, told: string, refs: () => Schema<unknown>[]): Schema<T> {
  let fields: Field[] | null = null;
  return {
    name,
    get fields() {
      fields ??= read(told, refs());
      return fields;
    },
  };
}

function read(told: string, refs: Schema<unknown>[]): Field[] {
  let ref = 0;
  return told
    .split(';')
    .filter(Boolean)
    .map((text) => {
      const [, number, kind = '', many, name = '', choice = ''] =
        /^(\d+)(\w)(\*?) (\w+)\|?(\w*)$/.exec(text) ?? [];
      const of = kind === 'm' ? refs[ref++] : undefined;
      return { number: Number(number), kind, many: many === '*', name, choice, of };
    });
}

/** What may be left out is: a message to be, as far as it differs from an empty one. */
export type Init<T> = T extends bigint | number | string | boolean | Uint8Array | undefined
  ? T
  : T extends readonly (infer U)[]
    ? readonly Init<U>[]
    : { readonly [K in keyof T]?: Init<T[K]> | undefined };

type Loose = Record<string, unknown>;
interface Choice {
  case: string | undefined;
  value?: unknown;
}

function emptyOf({ kind, many }: Field): unknown {
  if (many) return [];
  switch (kind) {
    case 'U':
    case 'I':
    case 'S':
      return 0n;
    case 'b':
      return false;
    case 't':
      return '';
    case 'y':
      return new Uint8Array(0);
    case 'm':
      return undefined;
    default:
      return 0;
  }
}

/** A whole message from a part of it. */
export function create<T>({ fields }: Schema<T>, init: Init<T> = {} as Init<T>): T {
  const given = init as Loose;
  const message: Loose = {};
  const whole = (field: Field, value: unknown) =>
    field.of && value !== undefined ? create(field.of, value as Init<unknown>) : value;
  for (const field of fields) {
    const { name, choice, many } = field;
    if (choice) {
      const chosen = given[choice] as Choice | undefined;
      if (chosen?.case === name)
        message[choice] = { case: name, value: whole(field, chosen.value) };
      else message[choice] ??= { case: undefined };
      continue;
    }
    const value = given[name];
    if (value === undefined) message[name] = emptyOf(field);
    else
      message[name] = many
        ? (value as unknown[]).map((one) => whole(field, one))
        : whole(field, value);
  }
  return message as T;
}

// ---- writing ----

class Writer {
  #bytes = new Uint8Array(256);
  #at = 0;

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + more));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }

  varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    this.#room(10);
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128;
    this.#bytes[this.#at++] = Number(rest);
  }

  bytes(part: Uint8Array): void {
    this.varint(part.length);
    this.#room(part.length);
    this.#bytes.set(part, this.#at);
    this.#at += part.length;
  }

  get done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }
}

const text = { write: new TextEncoder(), read: new TextDecoder('utf-8', { fatal: true }) };
const isVarint = (kind: string) => 'uisUISbe'.includes(kind);

function isEmpty({ kind }: Field, value: unknown): boolean {
  if (kind === 'y') return (value as Uint8Array).length === 0;
  return kind === 'm' ? value === undefined : !value;
}

function writeValue(writer: Writer, { kind, of }: Field, value: unknown): void {
  if (kind === 't') writer.bytes(text.write.encode(value as string));
  else if (kind === 'y') writer.bytes(value as Uint8Array);
  else if (kind === 'm' && of) writer.bytes(encode(of, value as Init<unknown>));
  else if (kind === 's') {
    const n = value as number;
    writer.varint(((n << 1) ^ (n >> 31)) >>> 0);
  } else if (kind === 'S') {
    const n = value as bigint;
    writer.varint(BigInt.asUintN(64, (n << 1n) ^ (n >> 63n)));
  } else writer.varint(kind === 'b' ? Number(value) : (value as number | bigint));
}

export function encode<T>({ fields }: Schema<T>, init: Init<T>): Uint8Array<ArrayBuffer> {
  const given = init as Loose;
  const writer = new Writer();
  for (const field of fields) {
    const { number, kind, many, name, choice } = field;
    const chosen = choice ? (given[choice] as Choice | undefined) : undefined;
    if (choice && chosen?.case !== name) continue;
    const value = choice ? chosen?.value : given[name];
    if (value === undefined || (!many && !choice && isEmpty(field, value))) continue;
    if (!many) {
      writer.varint((number << 3) | (isVarint(kind) ? 0 : 2));
      writeValue(writer, field, value);
      continue;
    }
    const list = value as unknown[];
    if (isVarint(kind) && list.length > 0) {
      const packed = new Writer();
      for (const one of list) writeValue(packed, field, one);
      writer.varint((number << 3) | 2);
      writer.bytes(packed.done);
      continue;
    }
    for (const one of list) {
      writer.varint((number << 3) | 2);
      writeValue(writer, field, one);
    }
  }
  return writer.done;
}

// ---- reading ----

class Reader {
  #at: number;

  constructor(
    private readonly source: Uint8Array,
    from = 0,
    private readonly end = source.length,
  ) {
    this.#at = from;
  }

  get more(): boolean {
    return this.#at < this.end;
  }

  #byte(): number {
    if (this.#at >= this.end) throw new Error('the message ends too early');
    return this.source[this.#at++] ?? 0;
  }

  /** The low 32 bits: layouts have 100,000s of these, and they are read without making a bigint. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new Error('a number is too long');
  }

  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new Error('a number is too long');
  }

  part(): Reader {
    const length = this.varint();
    const from = this.#at;
    if (from + length > this.end) throw new Error('the message ends too early');
    this.#at += length;
    return new Reader(this.source, from, this.#at);
  }

  get rest(): Uint8Array {
    return this.source.subarray(this.#at, this.end);
  }

  skip(type: number): void {
    if (type === 0) this.varint64();
    else if (type === 2) this.part();
    else {
      if (type !== 1 && type !== 5) throw new Error(`no such wire type: ${type}`);
      for (let i = type === 1 ? 8 : 4; i > 0; i--) this.#byte();
    }
  }
}

function readVarint(reader: Reader, kind: string): unknown {
  if (kind === 'U') return reader.varint64();
  if (kind === 'I') return BigInt.asIntN(64, reader.varint64());
  if (kind === 'S') {
    const zigzag = reader.varint64();
    return (zigzag >> 1n) ^ -(zigzag & 1n);
  }
  const value = reader.varint();
  if (kind === 'b') return value !== 0;
  if (kind === 's') return (value >>> 1) ^ -(value & 1);
  return kind === 'u' ? value : value | 0;
}

function readPart(part: Reader, { kind, of }: Field): unknown {
  if (kind === 't') return text.read.decode(part.rest);
  return kind === 'm' && of ? readMessage(of, part) : part.rest.slice();
}

function readMessage<T>(kind: Schema<T>, reader: Reader): T {
  const message = create(kind) as Loose;
  const { fields } = kind;
  while (reader.more) {
    const tag = reader.varint();
    const type = tag & 7;
    const field = fields.find(({ number }) => number === tag >>> 3);
    const plain = field !== undefined && isVarint(field.kind);
    if (field && plain && type === 2 && field.many) {
      const list = message[field.name] as unknown[];
      for (const part = reader.part(); part.more; ) list.push(readVarint(part, field.kind));
    } else if (field && type === (plain ? 0 : 2)) {
      const value = plain ? readVarint(reader, field.kind) : readPart(reader.part(), field);
      if (field.choice) message[field.choice] = { case: field.name, value };
      else if (field.many) (message[field.name] as unknown[]).push(value);
      else message[field.name] = value;
    } else reader.skip(type); // of a newer contract
  }
  return message as T;
}

/** Throws where the bytes are no message. */
export function decode<T>(kind: Schema<T>, bytes: Uint8Array): T {
  return readMessage(kind, new Reader(bytes));
}
