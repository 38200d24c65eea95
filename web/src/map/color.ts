// Category colours come from the hall's plan; here they are made readable on our ground.

export type Rgb = [number, number, number];

export function rgbOf(color: number): Rgb {
  return [(color >> 16) & 255, (color >> 8) & 255, color & 255];
}

export function css([r, g, b]: Rgb, alpha = 1): string {
  const whole = [r, g, b].map(Math.round).join(' ');
  return alpha === 1 ? `rgb(${whole})` : `rgb(${whole} / ${alpha})`;
}

export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** Relative luminance, WCAG 2.2. */
export function luminance(color: Rgb): number {
  const [r, g, b] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** The colour, moved toward white or black just so far that it stands out from the ground. */
export function legible(color: Rgb, ground: Rgb, ratio: number): Rgb {
  const away: Rgb = luminance(ground) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  for (let share = 0; share < 1; share += 0.05) {
    const moved = mix(color, away, share);
    if (contrast(moved, ground) >= ratio) return moved;
  }
  return away;
}

/** Paper where it reads well on the colour, else ink. */
export function inkOn(color: Rgb): Rgb {
  const ink: Rgb = [5, 4, 7]; // any lighter, and there are colours on which neither reads (WCAG 2.2: 4.5)
  const paper: Rgb = [255, 255, 255];
  return contrast(color, paper) >= 4.5 ? paper : ink;
}
