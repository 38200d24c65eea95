import { describe, expect, it } from 'vitest';
import { create } from '../api/wire';
import { SaleState, type SeatsUpdate, SeatsUpdateSchema } from '../gen/usher/v1/ticket_pb';
import { decodeStates, FREE, HELD, RESTING, SeatStates, SOLD } from './seats';

function pack(states: number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(states.length / 4));
  states.forEach((state, i) => {
    bytes[i >> 2] = (bytes[i >> 2] ?? 0) | (state << (2 * (i & 3)));
  });
  return bytes;
}

function snapshot(version: number, states: number[]): SeatsUpdate {
  return create(SeatsUpdateSchema, {
    version: BigInt(version),
    saleState: SaleState.OPEN,
    body: { case: 'snapshot', value: { placeCount: states.length, states: pack(states) } },
  });
}

function delta(from: number, version: number, changes: [number, number][]): SeatsUpdate {
  return create(SeatsUpdateSchema, {
    version: BigInt(version),
    body: {
      case: 'delta',
      value: {
        fromVersion: BigInt(from),
        changes: changes.map(([seat, state]) => (seat << 2) | state),
      },
    },
  });
}

describe('decodeStates', () => {
  it('reads two bits a seat, the lowest first', () => {
    // 0b10_01_00_01: seat 0 held, 1 free, 2 held, 3 sold
    expect([...decodeStates(Uint8Array.of(0b10010001, 0b10), 5)]).toEqual([1, 0, 1, 2, 2]);
  });

  it('gives back what was packed, at every length', () => {
    for (let count = 0; count < 33; count++) {
      const states = Array.from({ length: count }, (_, i) => (i * 7 + 1) % 3);
      expect([...decodeStates(pack(states), count)]).toEqual(states);
    }
  });

  it('takes missing bytes for free seats, and reads nothing outside', () => {
    expect([...decodeStates(new Uint8Array(0), 3)]).toEqual([0, 0, 0]);
  });
});

describe('SeatStates', () => {
  it('follows a snapshot by deltas that continue it', () => {
    const seats = new SeatStates(4);
    expect(seats.version).toBeNull();
    expect(seats.take(snapshot(7, [FREE, HELD, SOLD, FREE]))).toBe('all');
    expect([0, 1, 2, 3].map((seat) => seats.of(seat))).toEqual([FREE, HELD, SOLD, FREE]);
    const changed = seats.take(
      delta(7, 9, [
        [0, HELD],
        [1, FREE],
      ]),
    );
    expect(changed).toEqual(Uint32Array.of(0, 1));
    expect([0, 1, 2, 3].map((seat) => seats.of(seat))).toEqual([HELD, FREE, SOLD, FREE]);
    expect(seats.version).toBe(9n);
  });

  it('notices a gap and changes nothing', () => {
    const seats = new SeatStates(2);
    seats.take(snapshot(7, [FREE, FREE]));
    expect(seats.take(delta(8, 9, [[0, SOLD]]))).toBeNull();
    expect(seats.of(0)).toBe(FREE);
    expect(seats.version).toBe(7n);
  });

  it('takes no delta before a snapshot, nor after its stream has ended', () => {
    const seats = new SeatStates(2);
    expect(seats.take(delta(0, 1, [[0, SOLD]]))).toBeNull();
    seats.take(snapshot(7, [FREE, FREE]));
    seats.detach();
    expect(seats.take(delta(7, 8, [[0, SOLD]]))).toBeNull();
    expect(seats.take(snapshot(8, [SOLD, FREE]))).toBe('all');
  });

  it('never goes back within a stream, and starts anew with another', () => {
    const seats = new SeatStates(1);
    seats.take(snapshot(7, [FREE]));
    expect(seats.take(snapshot(6, [SOLD]))).toBeNull();
    expect(seats.take(delta(7, 6, [[0, SOLD]]))).toBeNull();
    expect(seats.of(0)).toBe(FREE);
    seats.detach();
    expect(seats.take(snapshot(3, [HELD]))).toBe('all');
    expect(seats.version).toBe(3n);
  });

  it('refuses a snapshot of another hall', () => {
    const seats = new SeatStates(4);
    expect(seats.take(snapshot(1, [FREE]))).toBeNull();
  });

  it('ignores a seat that does not exist', () => {
    const seats = new SeatStates(1);
    seats.take(snapshot(1, [FREE]));
    expect(seats.take(delta(1, 2, [[900, SOLD]]))).not.toBeNull();
    expect(seats.of(900)).toBe(SOLD);
    expect(seats.freeBetween(0, 1)).toBe(1);
  });

  it('counts what is free', () => {
    const seats = new SeatStates(5);
    seats.take(snapshot(1, [FREE, HELD, FREE, SOLD, FREE]));
    expect(seats.freeByCategory(Uint8Array.of(0, 0, 1, 1, 1), 3)).toEqual([1, 2, 0]);
    expect(seats.freeBetween(1, 3)).toBe(1);
  });

  it('knows a price or an area that is all in baskets from one that is sold out', () => {
    const seats = new SeatStates(6);
    seats.take(snapshot(1, [HELD, RESTING, SOLD, SOLD, FREE, HELD]));
    const categories = Uint8Array.of(0, 0, 1, 1, 2, 2);
    expect(seats.freeByCategory(categories, 3)).toEqual([0, 0, 1]);
    expect(seats.heldByCategory(categories, 3)).toEqual([2, 0, 1]);
    expect(seats.heldBetween(0, 2)).toBe(2);
    expect(seats.heldBetween(2, 2)).toBe(0);
  });
});
