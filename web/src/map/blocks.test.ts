import { describe, expect, it } from 'vitest';
import type { SeatMap } from '../gen/usher/v1/hall_pb';
import { blocksOf, sharesOf } from './blocks';
import { insideOutline, type Plan, readPlan } from './plan';
import { sightOf } from './sight';

/** Sections in a line below the stage, each of straight rows; every second row runs the other way. */
function hall(sections: number, rows: number, seats: number): Plan {
  const places = rows * seats;
  return readPlan({
    name: 'Hall',
    placeCount: sections * places,
    stageX: (sections * seats * 100) / 2,
    stageY: -400,
    categories: [
      { name: 'A', color: 0xff0000 },
      { name: 'B', color: 0x0000ff },
    ],
    sections: Array.from({ length: sections }, (_, s) => ({
      name: `${s}`,
      kind: 1,
      firstSeat: s * places,
      placeCount: places,
      category: 0,
      outline: [],
      rows: Array.from({ length: rows }, (_, r) => ({
        name: `${r}`,
        firstSeat: s * places + r * seats,
        numbers: Array.from({ length: seats }, (_, n) => `${n}`),
        categories: Array.from({ length: seats }, () => (r < 2 ? 0 : 1)),
        xy: Array.from({ length: seats }, (_, n) =>
          r % 2
            ? n
              ? [-100, 0]
              : [s * (seats + 3) * 100 + (seats - 1) * 100, r * 120]
            : n
              ? [100, 0]
              : [s * (seats + 3) * 100, r * 120],
        ).flat(),
        kinds: [],
        rowLabel: '',
        seatLabel: '',
      })),
    })),
    drawings: [],
  } as unknown as SeatMap);
}

describe('blocksOf', () => {
  it('is for large halls alone', () => {
    expect(blocksOf(hall(2, 4, 5))).toEqual([]);
  });

  it('goes around all seats of a section, whichever way its rows run, and around no other', () => {
    const plan = hall(10, 20, 25);
    const blocks = blocksOf(plan);
    expect(blocks).toHaveLength(10);
    for (const { section, outline } of blocks) {
      for (let seat = 0; seat < plan.count; seat += 7) {
        // A hair's breadth towards the middle: those on the edge are the outline.
        const x = (plan.x[seat] ?? 0) + Math.sign(section.x - (plan.x[seat] ?? 0)) * 0.5;
        const y = (plan.y[seat] ?? 0) + Math.sign(section.y - (plan.y[seat] ?? 0)) * 0.5;
        const own = plan.section[seat] === section.index;
        if (own && section.x === plan.x[seat]) continue;
        expect(insideOutline(outline, x, y)).toBe(own);
      }
    }
  });
});

describe('sharesOf', () => {
  const plan = hall(10, 20, 25);

  it('counts what is free, and names the category that most of it has', () => {
    const [first, second] = sharesOf(plan, (seat) => seat < 30);
    expect(first).toEqual({ free: 30, share: 30 / 500, category: 0 });
    expect(second).toEqual({ free: 0, share: 0, category: 0 });
    expect(sharesOf(plan, () => true)[0]).toEqual({ free: 500, share: 1, category: 1 });
  });

  it('counts one category alone where that is looked for', () => {
    expect(sharesOf(plan, () => true, 0)[3]).toEqual({ free: 50, share: 0.1, category: 0 });
  });
});

describe('sightOf', () => {
  it('tells the side as the audience sees it, and how far', () => {
    const plan = hall(10, 20, 25);
    const row = (n: number, k: number) => n * 500 + k;
    expect(sightOf(plan, row(0, 0))?.side).toBe('left');
    expect(sightOf(plan, row(9, 24))?.side).toBe('right');
    expect(sightOf(plan, row(5, 2))?.side).toBe('centre');
    expect(sightOf(plan, row(5, 2))?.far).toBe('near');
    expect(sightOf(plan, row(0, 499))?.far).toBe('far');
    expect(sightOf(plan, -1)).toBeNull();
  });
});
