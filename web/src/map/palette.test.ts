import { describe, expect, it } from 'vitest';
import { contrast, type Rgb } from './color';
import { paletteOf, type Tones } from './palette';

const rgb = (css: string) => (css.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number) as Rgb;
const halls = [0xd9a514, 0xd1495b, 0x3d7ea6, 0x4f9d69, 0xe0529c].map((color) => ({ color }));

const forced: Tones = {
  ground: [0, 0, 0],
  ink: [255, 255, 255],
  taken: [63, 242, 63],
  beam: [26, 235, 255],
};

describe.each([
  ['by day', false, null],
  ['by night', true, null],
  ['of the system', false, forced],
])('the palette %s', (_, isDark, tones) => {
  const palette = paletteOf(isDark, halls, null, tones);

  it('sets what is mine apart from every price, the golden one too', () => {
    for (const { fill } of palette.categories) {
      expect(contrast(rgb(palette.mine.fill), rgb(fill))).toBeGreaterThan(tones ? 1.2 : 1.8);
    }
  });

  it('fades every price but the one that is looked for', () => {
    const only = paletteOf(isDark, halls, 2, tones);
    const stands = (at: number) =>
      contrast(rgb(only.categories[at]?.fill ?? ''), rgb(palette.ground));
    expect(only.categories[2]).toEqual(palette.categories[2]);
    for (const other of [0, 1, 3, 4]) expect(stands(other)).toBeLessThan(stands(2) / 1.6);
  });

  it('writes nothing that is hard to read', () => {
    const pairs: [string, string][] = [
      [palette.dim, palette.ground],
      [palette.stageInk, palette.stage],
      [palette.label, palette.labelGround],
      [palette.mine.ink, palette.mine.fill],
      ...palette.categories.map(({ ink, fill }): [string, string] => [ink, fill]),
    ];
    for (const [ink, ground] of pairs) {
      expect(contrast(rgb(ink), rgb(ground))).toBeGreaterThanOrEqual(4.5);
    }
  });
});
