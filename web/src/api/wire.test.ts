import * as usual from '@bufbuild/protobuf';
import { FieldDescriptorProtoSchema, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { HoldSchema, PriceSchema, SeatsUpdateSchema } from '../gen/usher/v1/ticket_pb';
import { create, decode, encode, type Init, type Schema, schema } from './wire';

interface Part {
  label: string;
}
interface All {
  u: number;
  i: number;
  s: number;
  big: bigint;
  long: bigint;
  flag: boolean;
  text: string;
  bytes: Uint8Array;
  part: Part | undefined;
  numbers: number[];
  turns: number[];
  parts: Part[];
  words: string[];
  pick:
    | { case: 'one'; value: Part }
    | { case: 'two'; value: number }
    | { case: undefined; value?: undefined };
}

const PartSchema: Schema<Part> = schema('Part', '1t label', () => []);
const AllSchema: Schema<All> = schema(
  'All',
  '1u u;2i i;3s s;4U big;5I long;6b flag;7t text;8y bytes;9m part;10u* numbers;11s* turns;12m* parts;13t* words;14m one|pick;15i two|pick',
  () => [PartSchema, PartSchema, PartSchema],
);

// The same message for the usual runtime: the other party.
const field = (number: number, name: string, type: number, more: object = {}) =>
  usual.create(FieldDescriptorProtoSchema, {
    number,
    name,
    jsonName: name,
    type,
    label: 1,
    ...more,
  });
const file = usual.create(FileDescriptorProtoSchema, {
  name: 'all.proto',
  syntax: 'proto3',
  messageType: [
    { name: 'Part', field: [field(1, 'label', 9)] },
    {
      name: 'All',
      oneofDecl: [{ name: 'pick' }],
      field: [
        field(1, 'u', 13),
        field(2, 'i', 5),
        field(3, 's', 17),
        field(4, 'big', 4),
        field(5, 'long', 3),
        field(6, 'flag', 8),
        field(7, 'text', 9),
        field(8, 'bytes', 12),
        field(9, 'part', 11, { typeName: '.Part' }),
        field(10, 'numbers', 13, { label: 3 }),
        field(11, 'turns', 17, { label: 3 }),
        field(12, 'parts', 11, { label: 3, typeName: '.Part' }),
        field(13, 'words', 9, { label: 3 }),
        field(14, 'one', 11, { typeName: '.Part', oneofIndex: 0 }),
        field(15, 'two', 5, { oneofIndex: 0 }),
      ],
    },
  ],
});
const desc = usual.createFileRegistry(file, () => undefined).getMessage('All') as usual.DescMessage;

const cases: Init<All>[] = [
  {},
  { u: 4294967295, i: -1, s: -2147483648, big: 18446744073709551615n, long: -9223372036854775808n },
  {
    u: 127,
    i: 128,
    s: 64,
    big: 1n,
    long: 300n,
    flag: true,
    text: '좌석 선택 🎟',
    bytes: Uint8Array.of(0, 255),
  },
  {
    part: {},
    parts: [{}, { label: 'b' }],
    words: ['', 'x'],
    numbers: [0, 1, 300],
    turns: [0, -1, 1, -70000],
  },
  { pick: { case: 'one', value: { label: 'c' } } },
  { pick: { case: 'two', value: 0 } },
  { text: 'x'.repeat(70_000), numbers: Array.from({ length: 1000 }, (_, i) => i * i) },
];

describe('wire', () => {
  it('writes what the usual runtime reads, and reads what it writes', () => {
    for (const init of cases) {
      const ours = encode(AllSchema, init);
      const theirs = usual.toBinary(desc, usual.create(desc, init as Record<string, unknown>));
      expect(ours).toEqual(theirs);
      expect(decode(AllSchema, theirs)).toEqual(create(AllSchema, init));
      expect(usual.toBinary(desc, usual.fromBinary(desc, ours))).toEqual(theirs);
    }
  }, 30_000);

  it('reads packed and single numbers alike, and passes over what it does not know', () => {
    // numbers = 1, then packed 2 3; field 99 of every wire type; u = 7
    const bytes = [0x50, 1, 0x52, 2, 2, 3];
    bytes.push(
      0x98,
      6,
      5,
      0x99,
      6,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      0x9a,
      6,
      2,
      9,
      9,
      0x9d,
      6,
      1,
      2,
      3,
      4,
      8,
      7,
    );
    expect(decode(AllSchema, Uint8Array.from(bytes))).toMatchObject({ numbers: [1, 2, 3], u: 7 });
  });

  it('refuses what is no message', () => {
    for (const bytes of [
      [8],
      [0x3a, 5, 65],
      [0x3a, 2, 0xff, 0xff],
      [0x0b],
      new Array(12).fill(0xff),
    ]) {
      expect(() => decode(AllSchema, Uint8Array.from(bytes))).toThrow();
    }
  });

  it('gives what was put in, by the contracts', () => {
    const hold = create(HoldSchema, { holdId: 'h', seats: [{ seat: 3, amount: 5n }], total: 5n });
    expect(hold.seats[0]).toEqual({
      seat: 3,
      label: '',
      category: 0,
      amount: 5n,
      kind: 0,
      priceType: 0,
    });
    expect(decode(HoldSchema, encode(HoldSchema, hold))).toEqual(hold);
    const amounts = [-1n, 0n, 1n, 1_000_000_000_000n];
    const typed = create(HoldSchema, { holdId: 'h', priceTypes: [{ number: 1, amounts }] });
    expect(decode(HoldSchema, encode(HoldSchema, typed)).priceTypes[0]?.amounts).toEqual(amounts);
    const update = create(SeatsUpdateSchema, {
      version: 9n,
      body: { case: 'delta', value: { fromVersion: 8n, changes: [4, 9] } },
    });
    expect(decode(SeatsUpdateSchema, encode(SeatsUpdateSchema, update))).toEqual(update);
    expect(create(PriceSchema)).toEqual({ category: 0, amount: 0n });
  });
});
