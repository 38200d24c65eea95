import { describe, expect, it } from 'vitest';
import { create } from '../api/wire';
import { EventSchema } from '../gen/usher/v1/ticket_pb';
import { byDate, hasBegun, past, search, upcoming } from './dates';

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

describe('the programme and the archive', () => {
  const list = [event('run', 10, 90), event('over', 20, 30), event('bare'), event('next', 95)];
  it('has what can still be gone to, and what was announced without a date', () => {
    const shown = upcoming(list, 50);
    expect(shown.map(({ name }) => name)).toEqual(['run', 'bare', 'next']);
    expect(shown[0]?.performances.map(({ startsAtMs }) => Number(startsAtMs))).toEqual([90]);
  });
  it('keeps what was apart, the latest first', () => {
    expect(past(list, 50).map(({ name }) => name)).toEqual(['over', 'run']);
    expect(past(list, 5)).toEqual([]);
  });
  it('finds by every word, in either case and any composition', () => {
    const events = [event('Winter Light', 1), event('윤슬 콘서트', 2)];
    expect(search(events, 'light  WINTER').map(({ name }) => name)).toEqual(['Winter Light']);
    expect(search(events, '콘서트'.normalize('NFD')).map(({ name }) => name)).toEqual([
      '윤슬 콘서트',
    ]);
    expect(search(events, '')).toHaveLength(2);
    expect(search(events, 'summer')).toEqual([]);
  });
});
