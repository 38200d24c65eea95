import { describe, expect, it } from 'vitest';
import { followPointers } from './pointer';

/** An element without a page, and a finger on it that tells its own time. */
function surface() {
  const element = Object.assign(new EventTarget(), {
    getBoundingClientRect: () => ({ left: 0, top: 0 }),
    setPointerCapture: () => {},
  });
  const seen: [string, ...number[]][] = [];
  const tell =
    (name: string) =>
    (...args: unknown[]) => {
      seen.push([name, ...args.filter((arg) => typeof arg === 'number')]);
    };
  followPointers(element as unknown as HTMLElement, {
    press: tell('press'),
    pan: tell('pan'),
    fling: tell('fling'),
    zoom: tell('zoom'),
    tap: tell('tap'),
    doubleTap: tell('doubleTap'),
    hover: tell('hover'),
    leave: tell('leave'),
  });
  const finger = (type: string, at: number, x: number, y = 0, pointerId = 1) => {
    const event = new Event(type);
    Object.defineProperty(event, 'timeStamp', { value: at });
    Object.assign(event, { pointerId, pointerType: 'touch', clientX: x, clientY: y });
    element.dispatchEvent(event);
  };
  const names = () => seen.map(([name]) => name);
  return { finger, seen, names };
}

describe('followPointers', () => {
  it('tells a drag that ends in movement as a throw, as fast as the finger was', () => {
    const { finger, seen } = surface();
    finger('pointerdown', 0, 0);
    for (let at = 10; at <= 100; at += 10) finger('pointermove', at, at);
    finger('pointerup', 105, 100);
    expect(seen.at(-1)).toEqual(['fling', 1, 0]);
  });

  it('does not throw after the finger has rested, nor after a pinch, nor when it is taken away', () => {
    for (const end of ['rest', 'pinch', 'cancel']) {
      const { finger, names } = surface();
      finger('pointerdown', 0, 0);
      if (end === 'pinch') finger('pointerdown', 1, 50, 50, 2);
      for (let at = 10; at <= 100; at += 10) finger('pointermove', at, at);
      if (end === 'pinch') finger('pointerup', 101, 50, 50, 2);
      finger(end === 'cancel' ? 'pointercancel' : 'pointerup', end === 'rest' ? 400 : 105, 100);
      expect(names()).not.toContain('fling');
      expect(names()).not.toContain('tap');
    }
  });

  it('never throws faster than one can follow', () => {
    const { finger, seen } = surface();
    finger('pointerdown', 0, 0);
    finger('pointermove', 10, 400);
    finger('pointermove', 20, 800);
    finger('pointerup', 21, 800);
    expect(seen.at(-1)).toEqual(['fling', 3, 0]);
  });

  it('tells a still finger as a tap, and a second one at once as a double tap', () => {
    const { finger, names } = surface();
    for (const at of [0, 100]) {
      finger('pointerdown', at, 10, 10);
      finger('pointermove', at + 10, 12, 10);
      finger('pointerup', at + 20, 12, 10);
    }
    expect(names()).toEqual(['press', 'tap', 'press', 'doubleTap']);
  });
});
