// Axes of drawings: round ticks, and where on them a value stands. Pure arithmetic.

export interface Tick {
  at: number;
  text: string;
  /** Of an odd one there may be no room on a small screen. */
  odd?: boolean;
}

export interface Axis {
  /** Where a value stands, 0 … 1; what is outside stands at the border. */
  place(value: number): number;
  ticks: readonly Tick[];
}

/** The least of 1, 2, 5, 10, 20 … times a power of ten that is not less. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].find((one) => one * power >= least * (1 - 1e-9)) ?? 10;
  return step * power;
}

const clamp = (share: number) => Math.min(1, Math.max(0, share));

interface LinearWish {
  /** At most so many steps. */
  steps?: number;
  /** Ends at high itself, round or not. */
  exact?: boolean;
  text?(at: number): string;
}

/** From 0 in equal, round steps, to what reaches high. */
export function linear(high: number, { steps = 4, exact, text = String }: LinearWish = {}): Axis {
  const most = high > 0 ? high : 1;
  const step = roundStep(most / steps);
  const end = exact ? most : Math.ceil(most / step - 1e-9) * step;
  const ticks: Tick[] = [];
  for (let n = 0; n * step <= end * (1 + 1e-9); n++) {
    ticks.push({ at: n * step, text: text(n * step), odd: n % 2 === 1 });
  }
  return { place: (value) => clamp(value / end), ticks };
}

/** From one moment to another, in the reader's own clock; round seconds, minutes or hours. */
export function moments(from: number, to: number, text: (at: number) => string, most = 6): Axis {
  const span = Math.max(1, to - from);
  const steps = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400];
  const step = (steps.find((one) => span / (one * 1000) <= most) ?? 604800) * 1000;
  const ticks: Tick[] = [];
  for (let at = Math.ceil(from / step) * step, n = 0; at <= to; at += step, n++) {
    ticks.push({ at, text: text(at), odd: n % 2 === 1 });
  }
  return { place: (value) => clamp((value - from) / span), ticks };
}

/** Of times in ms: 1, 2 or 5 times a power of ten at either end. */
export function logarithmic(least: number, most: number): Axis {
  const mark = (k: number) => ([1, 2, 5][((k % 3) + 3) % 3] ?? 1) * 10 ** Math.floor(k / 3);
  let low = Math.floor(Math.log10(Math.max(least, 1e-3)) * 3 - 1);
  while (mark(low + 1) <= Math.max(least, 1e-3)) low++;
  let high = low + 3;
  while (mark(high) < most) high++;
  const from = Math.log10(mark(low));
  const to = Math.log10(mark(high));
  const ticks: Tick[] = [];
  for (let k = low; k <= high; k++) {
    if (k % 3 !== 0 && high - low > 8) continue; // powers of ten alone
    ticks.push({ at: mark(k), text: duration(mark(k)) });
  }
  return {
    place: (value) => clamp((Math.log10(Math.max(value, 1e-9)) - from) / (to - from)),
    ticks,
  };
}

/** "870 µs", "3.1 ms", "240 ms", "2.4 s", "5 min"; the shortest that tells three digits. */
export function duration(ms: number): string {
  const short = (n: number) => String(Number(n.toPrecision(3)));
  if (ms === 0) return '0';
  if (ms < 0.9995) return `${short(ms * 1000)} µs`;
  if (ms < 999.5) return `${short(ms)} ms`;
  if (ms < 119_950) return `${short(ms / 1000)} s`;
  return `${short(ms / 60_000)} min`;
}
