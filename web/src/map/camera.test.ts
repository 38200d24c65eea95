import { describe, expect, it } from 'vitest';
import { Camera } from './camera';

const box = { left: 0, top: 0, right: 10_000, bottom: 10_000 };

function near(calm: boolean): Camera {
  const camera = new Camera(box, 100, () => calm);
  camera.resize({ width: 400, height: 400 });
  camera.zoomBy(6, 200, 200);
  return camera;
}

describe('a camera that is thrown', () => {
  it('goes on the way it was going, and comes to rest', () => {
    const camera = near(false);
    const before = { ...camera.view };
    camera.fling(0.5, 0);
    expect(camera.step(performance.now() + 50)).toBe(true);
    const soon = camera.view.x;
    expect(soon).toBeGreaterThan(before.x);
    expect(camera.step(performance.now() + 5_000)).toBe(false);
    expect(camera.view.x).toBeGreaterThan(soon);
    expect(camera.view).toMatchObject({ scale: before.scale, y: before.y });
  });

  it('stands still under a finger, and for those who asked for less motion', () => {
    const thrown = near(false);
    thrown.fling(0.5, 0);
    thrown.halt();
    expect(thrown.step(performance.now() + 50)).toBe(false);
    const calm = near(true);
    const before = { ...calm.view };
    calm.fling(0.5, 0);
    calm.step(performance.now() + 5_000);
    expect(calm.view).toEqual(before);
  });
});
