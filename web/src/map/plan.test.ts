import { describe, expect, it } from 'vitest';
import { create } from '../api/wire';
import { SeatMapSchema, SectionKind } from '../gen/usher/v1/hall_pb';
import { areaAt, insideOutline, readPlan, stageCorners } from './plan';

const map = create(SeatMapSchema, {
  name: 'Hall',
  categories: [
    { name: 'I', color: 0xff0000 },
    { name: 'II', color: 0x00ff00 },
  ],
  placeCount: 8,
  width: 20000,
  height: 20000,
  stageX: 5000,
  stageY: 0,
  sections: [
    {
      name: 'Floor',
      kind: SectionKind.STANDING,
      firstSeat: 0,
      placeCount: 3,
      category: 1,
      outline: [0, 2000, 10000, 0, 0, 4000, -10000, 0],
    },
    {
      name: 'Stalls',
      kind: SectionKind.SEATED,
      firstSeat: 3,
      placeCount: 5,
      rows: [
        {
          name: 'A',
          firstSeat: 3,
          numbers: ['1', '2', '3'],
          xy: [1000, 9000, 2500, 0, 2500, 100],
          categories: [0, 0, 1],
        },
        {
          name: 'B',
          firstSeat: 6,
          numbers: ['1', '2'],
          xy: [1000, 12000, 2500, 0],
          categories: [1],
        },
      ],
    },
  ],
});

describe('readPlan', () => {
  const plan = readPlan(map);

  it('adds up positions', () => {
    expect([...plan.x.slice(3)]).toEqual([1000, 3500, 6000, 1000, 3500]);
    expect([...plan.y.slice(3)]).toEqual([9000, 9000, 9100, 12000, 12000]);
    expect(plan.pitch).toBe(2500);
  });

  it('gives each place its section, row, number and category', () => {
    expect([...plan.section]).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
    expect([...plan.row]).toEqual([-1, -1, -1, 0, 0, 0, 1, 1]);
    expect([...plan.category]).toEqual([1, 1, 1, 0, 0, 1, 1, 1]);
    expect(plan.numbers[7]).toBe('2');
    expect(Number.isNaN(plan.x[0])).toBe(true);
  });

  it('puts the stage before the audience, clear of it', () => {
    const { stage } = plan;
    expect(stage.round).toBe(false);
    expect(stage.angle).toBe(0);
    expect(stage.y + stage.depth / 2).toBeLessThan(2000);
    expect(plan.box.top).toBeLessThanOrEqual(stage.y - stage.depth / 2);
  });

  it('never puts the stage on a place, wherever it is looked for', () => {
    for (let stageX = -4000; stageX <= 12000; stageX += 1000) {
      for (let stageY = -6000; stageY <= 16000; stageY += 1000) {
        const { stage, x, y, pitch } = readPlan({ ...map, stageX, stageY });
        if (stage.round) continue;
        const corners = stageCorners(stage).flat();
        for (let seat = 3; seat < 8; seat++) {
          expect(insideOutline(Float32Array.from(corners), x[seat] ?? 0, y[seat] ?? 0)).toBe(false);
        }
        expect(stage.width).toBeGreaterThanOrEqual(pitch * 4);
      }
    }
  });

  it('counts the places of each price', () => {
    expect(plan.categories.map(({ places }) => places)).toEqual([2, 6]);
  });

  it('knows a stage that is in the middle', () => {
    const round = readPlan({ ...map, stageX: 4500, stageY: 7500 });
    expect(round.stage.round).toBe(true);
  });

  it('finds the standing area under a point', () => {
    expect(areaAt(plan, 5000, 3000)?.name).toBe('Floor');
    expect(areaAt(plan, 5000, 9000)).toBeNull();
    expect(insideOutline(Float32Array.of(0, 0, 10, 0, 10, 10), 8, 2)).toBe(true);
    expect(insideOutline(Float32Array.of(0, 0, 10, 0, 10, 10), 2, 8)).toBe(false);
  });

  it('survives an empty hall', () => {
    const none = readPlan(create(SeatMapSchema, { name: 'Nothing' }));
    expect(none.count).toBe(0);
  });
});
