import { describe, expect, it } from 'vitest';
import { create } from '../api/wire';
import { EventSchema } from '../gen/usher/v1/ticket_pb';
import { byDate, hasBegun } from './dates';

const event = (name: string, ...starts: number[]) =>
  create(EventSchema, {
    name,
    performances: starts.map((ms) => ({ startsAtMs: BigInt(ms) })),
  });

describe('byDate', () => {
  it('has what comes next first, of dates and of events', () => {
    const list = byDate([event('late', 90, 70), event('soon', 60), event('none')], 50);
    expect(list.map(({ name }) => name)).toEqual(['soon', 'late', 'none']);
    expect(list[1]?.performances.map(({ startsAtMs }) => Number(startsAtMs))).toEqual([70, 90]);
  });

  it('has what is over last, the latest of it first', () => {
    const list = byDate([event('long ago', 10), event('lately', 40), event('next', 99, 20)], 50);
    expect(list.map(({ name }) => name)).toEqual(['next', 'lately', 'long ago']);
    expect(list[0]?.performances.map(({ startsAtMs }) => Number(startsAtMs))).toEqual([99, 20]);
  });
});

describe('hasBegun', () => {
  it('is so from the very start on', () => {
    expect(hasBegun({ startsAtMs: 5n }, 4)).toBe(false);
    expect(hasBegun({ startsAtMs: 5n }, 5)).toBe(true);
  });
});
