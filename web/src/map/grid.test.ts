import { describe, expect, it } from 'vitest';
import { Grid } from './grid';

// A small generator, so that a failure can be repeated.
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const box = { left: 0, top: 0, right: 1000, bottom: 600 };

function scatter(count: number, seed: number) {
  const next = random(seed);
  const x = Float32Array.from({ length: count }, () => next() * 1000);
  const y = Float32Array.from({ length: count }, () => next() * 600);
  return { x, y, next };
}

describe('Grid', () => {
  it('finds everything in a rectangle, each once', () => {
    const { x, y, next } = scatter(2000, 1);
    const grid = new Grid(x, y, box, 37);
    for (let round = 0; round < 50; round++) {
      const left = next() * 1200 - 100;
      const top = next() * 800 - 100;
      const area = { left, top, right: left + next() * 400, bottom: top + next() * 300 };
      const seen: number[] = [];
      grid.visit(area, (i) => seen.push(i));
      expect(new Set(seen).size).toBe(seen.length);
      const inside = (i: number) => {
        const [px = 0, py = 0] = [x[i], y[i]];
        return px >= area.left && px <= area.right && py >= area.top && py <= area.bottom;
      };
      const found = new Set(seen);
      for (let i = 0; i < x.length; i++) if (inside(i)) expect(found.has(i)).toBe(true);
    }
  });

  it('finds the nearest, as a look at all of them does', () => {
    const { x, y, next } = scatter(700, 2);
    const grid = new Grid(x, y, box, 29);
    for (let round = 0; round < 200; round++) {
      const [px, py, reach] = [next() * 1000, next() * 600, 5 + next() * 60];
      let best = -1;
      let least = reach * reach;
      for (let i = 0; i < x.length; i++) {
        const distance = ((x[i] ?? 0) - px) ** 2 + ((y[i] ?? 0) - py) ** 2;
        if (distance < least) {
          least = distance;
          best = i;
        }
      }
      expect(grid.nearest(px, py, reach)).toBe(best);
    }
  });

  it('leaves out points without a place', () => {
    const grid = new Grid(Float32Array.of(1, NaN), Float32Array.of(1, NaN), box, 10);
    const seen: number[] = [];
    grid.visit(box, (i) => seen.push(i));
    expect(seen).toEqual([0]);
  });

  it('walks a block of seats by direction, and over an aisle', () => {
    // Two blocks of 3 × 3 with an aisle of four seats between them.
    const x: number[] = [];
    const y: number[] = [];
    for (const block of [0, 70]) {
      for (let row = 0; row < 3; row++) {
        for (let seat = 0; seat < 3; seat++) {
          x.push(100 + block + seat * 10);
          y.push(100 + row * 10);
        }
      }
    }
    const grid = new Grid(Float32Array.from(x), Float32Array.from(y), box, 60);
    expect(grid.toward(0, 1, 0, 10)).toBe(1);
    expect(grid.toward(1, 0, 1, 10)).toBe(4);
    expect(grid.toward(4, -1, 0, 10)).toBe(3);
    expect(grid.toward(5, 1, 0, 10)).toBe(12);
    expect(grid.toward(12, -1, 0, 10)).toBe(5);
    expect(grid.toward(0, -1, 0, 10)).toBe(-1);
  });

  it('stays small where a plan is spread absurdly far', () => {
    const far = { left: 0, top: 0, right: 1e9, bottom: 1e9 };
    const grid = new Grid(Float32Array.of(0, 1e9), Float32Array.of(0, 1e9), far, 1);
    expect(grid.nearest(1e9, 1e9, 10)).toBe(1);
  });
});
