import { describe, expect, it } from 'vitest';
import { contrast, css, inkOn, legible, type Rgb, rgbOf } from './color';

describe('color', () => {
  it('reads 0xRRGGBB', () => {
    expect(rgbOf(0x0a80ff)).toEqual([10, 128, 255]);
    expect(css([10, 128, 255], 0.5)).toBe('rgb(10 128 255 / 0.5)');
  });

  it('knows contrast', () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21);
    expect(contrast([9, 9, 9], [9, 9, 9])).toBe(1);
  });

  it('makes every colour stand out, and leaves alone what already does', () => {
    const grounds: Rgb[] = [
      [237, 232, 221],
      [21, 20, 26],
    ];
    for (const ground of grounds) {
      for (let color = 0; color <= 0xffffff; color += 0x0f0f11) {
        expect(contrast(legible(rgbOf(color), ground, 2.6), ground)).toBeGreaterThanOrEqual(2.6);
      }
    }
    expect(legible([200, 0, 0], [237, 232, 221], 2.6)).toEqual([200, 0, 0]);
  });

  it('writes on a colour so that it can be read', () => {
    for (let color = 0; color <= 0xffffff; color += 0x070b0d) {
      expect(contrast(inkOn(rgbOf(color)), rgbOf(color))).toBeGreaterThanOrEqual(4.5);
    }
  });
});
