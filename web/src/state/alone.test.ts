import { expect, test } from 'vitest';
import type { Plan } from '../map/plan';
import { leftAlone } from './alone';

/** As src/seats/alone_test.c draws it: '.' free, 'x' taken, '?' chosen, '|' an aisle. */
function alone(drawn: string, ring = false): number[] {
  const seats = drawn.replaceAll('|', '');
  const breaks: number[] = [];
  let seat = 0;
  for (const sign of drawn) {
    if (sign === '|') breaks.push(seat - 1);
    else seat++;
  }
  const count = seats.length;
  const plan = {
    rows: [{ firstSeat: 0, seatCount: count, breaks, ring }],
    row: new Int32Array(count),
    category: new Uint8Array(count),
    kind: new Uint8Array(count),
  } as unknown as Plan;
  const chosen = [...seats].flatMap((sign, at) => (sign === '?' ? [at] : []));
  return leftAlone(plan, chosen, (at) => seats[at] !== 'x').sort((a, b) => a - b);
}

test('a single place is left', () => {
  expect(alone('.?......')).toEqual([0]);
  expect(alone('......?.')).toEqual([7]);
  expect(alone('x.??.x....')).toEqual([1, 4]);
  expect(alone('..?.|....')).toEqual([3]);
  expect(alone('?.?.....')).toEqual([1]);
});

test('none is, or it was alone before', () => {
  for (const drawn of ['?.......', '..?.....', '??..|....', 'x??x', 'x.x?....'])
    expect(alone(drawn)).toEqual([]);
});

test('the row leaves no other choice', () => {
  for (const drawn of ['x??.x', 'x.?x', 'x??.x|..', 'x?.?x']) expect(alone(drawn)).toEqual([]);
  expect(alone('x??.x..')).toEqual([3]);
  expect(alone('x.?.x')).toEqual([1, 3]);
});

test('around a table', () => {
  expect(alone('?.?...', true)).toEqual([1]);
  expect(alone('x...?.', true)).toEqual([5]);
  for (const drawn of ['?.....', '?.xxxx', '?x...x', '....?.'])
    expect(alone(drawn, true)).toEqual([]);
});
