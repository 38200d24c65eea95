import { describe, expect, it } from 'vitest';
import {
  between,
  boundsOf,
  centred,
  fit,
  pan,
  reveal,
  toScreen,
  toWorld,
  visible,
  zoomAt,
} from './viewport';

const box = { left: -500, top: 0, right: 1500, bottom: 1000 };
const size = { width: 400, height: 300 };
const bounds = boundsOf(box, size, 10, 25);

describe('viewport', () => {
  it('fits the whole box, centred, inside the margin', () => {
    const view = fit(box, size, 10);
    const from = toScreen(view, box.left, box.top);
    const to = toScreen(view, box.right, box.bottom);
    expect(from.x).toBeCloseTo(10);
    expect(to.x).toBeCloseTo(390);
    expect(from.y).toBeCloseTo(300 - to.y);
    expect(visible(view, size).left).toBeLessThan(box.left);
  });

  it('goes to the world and back', () => {
    const view = { scale: 0.37, x: 12, y: -9 };
    const { x, y } = toWorld(view, 33, 44);
    expect(toScreen(view, x, y).x).toBeCloseTo(33);
    expect(toScreen(view, x, y).y).toBeCloseTo(44);
  });

  it('keeps the point under the finger while zooming', () => {
    const view = centred(500, 500, 0.6, bounds);
    const before = toWorld(view, 180, 140);
    const after = toWorld(zoomAt(view, 1.4, 180, 140, bounds), 180, 140);
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  it('zooms no further than the whole hall and a fingertip', () => {
    const view = fit(box, size, 10);
    expect(zoomAt(view, 0.001, 0, 0, bounds).scale).toBe(bounds.scaleMin);
    expect(zoomAt(view, 1e6, 0, 0, bounds).scale * 25).toBeCloseTo(52);
  });

  it('never loses the hall', () => {
    for (const scale of [bounds.scaleMin, 0.4, 1, 2]) {
      for (const [dx, dy] of [
        [1e6, 1e6],
        [-1e6, 1e6],
        [1e6, -1e6],
        [-1e6, -1e6],
      ] as const) {
        const view = pan(centred(500, 500, scale, bounds), dx, dy, bounds);
        const from = toScreen(view, box.left, box.top);
        const to = toScreen(view, box.right, box.bottom);
        expect(from.x).toBeLessThanOrEqual(size.width / 2 + 1e-6);
        expect(to.x).toBeGreaterThanOrEqual(size.width / 2 - 1e-6);
        expect(Math.min(to.y, size.height)).toBeGreaterThan(Math.max(from.y, 0));
      }
    }
  });

  it('brings a point into sight with the least move', () => {
    const view = centred(0, 500, 1, bounds);
    const same = reveal(view, 10, 500, 40, bounds);
    expect(same).toEqual(view);
    const moved = reveal(view, 600, 500, 40, bounds);
    expect(toScreen(moved, 600, 500).x).toBeCloseTo(360);
  });

  it('goes from view to view and ends where it should', () => {
    const from = fit(box, size, 10);
    const to = centred(900, 700, 1.5, bounds);
    expect(between(from, to, 0, size).x).toBeCloseTo(from.x);
    const end = between(from, to, 1, size);
    expect(end.scale).toBeCloseTo(to.scale);
    expect(end.x).toBeCloseTo(to.x);
    expect(end.y).toBeCloseTo(to.y);
    const half = between(from, to, 0.5, size);
    expect(half.scale).toBeCloseTo(Math.sqrt(from.scale * to.scale));
  });
});
