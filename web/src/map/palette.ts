// The map's colours, by theme. Everything else takes its colours from style sheets; a canvas can't.

import { contrast, css, inkOn, legible, luminance, mix, type Rgb, rgbOf } from './color';

export interface Paint {
  fill: string;
  ink: string;
}

export interface Palette {
  ground: string;
  glow: [string, string]; // the stage's light on the ground, from its middle to where it ends
  stage: string;
  stageInk: string;
  section: string;
  sectionLine: string;
  label: string;
  labelGround: string;
  dim: string; // row letters
  sold: string;
  aside: string; // free, and not what is looked for
  held: string;
  heldLine: string;
  mine: Paint;
  mineRing: string;
  offered: string;
  focus: string;
  categories: Paint[];
  blocks: ((share: number) => string)[]; // a category's colour over that of sold places, by its share
}

/** What all colours are made of; where the system forces colours, it says them. */
export interface Tones {
  ground: Rgb;
  ink: Rgb;
  taken: Rgb;
  beam: Rgb;
}

const light: Tones = {
  ground: [237, 232, 221],
  ink: [29, 26, 33],
  taken: [205, 198, 185],
  beam: [255, 196, 61],
};

const lamp: Rgb = [255, 252, 243];

const dark: Tones = {
  ground: [21, 20, 26],
  ink: [243, 239, 230],
  taken: [50, 48, 58],
  beam: [255, 201, 77],
};

/** only: the one category that is looked for, all others faded; null: all as they are. */
export function paletteOf(
  isDark: boolean,
  categories: { color: number }[],
  only: number | null = null,
  forced: Tones | null = null,
): Palette {
  if (forced)
    return { ...plainPalette(isOnDark(forced), categories, only, forced), ...strong(forced) };
  return plainPalette(isDark, categories, only, isDark ? dark : light);
}

const isOnDark = ({ ground }: Tones) => luminance(ground) < 0.18;

/** No soft lines and no glow, where colours are forced: what is there stands out, what is not is not there. */
function strong({ ground, ink, taken, beam }: Tones): Partial<Palette> {
  return {
    glow: [css(ground, 0), css(ground, 0)],
    stage: css(ink),
    stageInk: css(ground),
    section: css(ground),
    sectionLine: css(ink),
    label: css(ink),
    labelGround: css(ground),
    dim: css(ink),
    held: css(ground),
    heldLine: css(taken),
    mine: { fill: css(beam), ink: css(inkOn(beam)) },
    mineRing: css(ink),
    offered: css(beam),
  };
}

function plainPalette(
  isDark: boolean,
  categories: { color: number }[],
  only: number | null,
  { ground, ink, taken, beam }: Tones,
): Palette {
  const fills = categories.map(({ color }, index) => {
    const whole = fillOf(color, ground);
    return only === null || only === index ? whole : mix(ground, whole, faded);
  });
  return {
    ground: css(ground),
    glow: isDark ? [css(beam, 0.14), css(beam, 0)] : [css(lamp, 0.95), css(lamp, 0)],
    stage: css(isDark ? mix(ground, ink, 0.12) : mix(ground, ink, 0.86)),
    stageInk: css(isDark ? mix(ground, ink, 0.75) : mix(ground, [255, 255, 255], 0.5)),
    section: css(ink, 0.035),
    sectionLine: css(ink, isDark ? 0.12 : 0.14),
    label: css(ink),
    labelGround: css(isDark ? [30, 28, 36] : [255, 253, 249], 0.92),
    dim: css(mix(ground, ink, isDark ? 0.55 : 0.66)),
    sold: css(taken),
    aside: css(mix(ground, ink, isDark ? 0.2 : 0.13)),
    held: css(mix(ground, taken, 0.55)),
    heldLine: css(mix(taken, ink, isDark ? 0.22 : 0.25)),
    // Not the beam itself: a hall's dearest seats are often golden.
    mine: { fill: css(ink), ink: css(isDark ? ground : beam) },
    mineRing: css(beam),
    offered: css(isDark ? beam : ink),
    focus: css(ink),
    categories: fills.map((fill) => ({ fill: css(fill), ink: css(inkOn(fill)) })),
    blocks: fills.map((fill) => (share: number) => css(mix(taken, fill, share))),
  };
}

const faded = 0.22; // of a colour that is not looked for

const paper: Rgb = [255, 255, 255];

// A colour that nearly bears white numbers is deepened until it does: black ones on red or blue are in the measure,
// and hard to read.
function fillOf(color: number, ground: Rgb): Rgb {
  const fill = legible(rgbOf(color), ground, 2.6);
  return contrast(fill, paper) > 3.5 ? legible(fill, paper, 4.55) : fill;
}

/** A category's colour for swatches in the page, readable on paper. */
export function swatch(color: number, isDark: boolean): string {
  return css(fillOf(color, (isDark ? dark : light).ground));
}
