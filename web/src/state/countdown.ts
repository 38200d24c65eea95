// How long a hold still lasts, in whole seconds: a second is shown until it is over, and 0:00 is shown only at the end.

export const warning_ms = 60_000;

export interface Countdown {
  seconds: number;
  text: string;
  warning: boolean;
  over: boolean;
}

export function countdown(expiresAtMs: number, nowMs: number): Countdown {
  const left = Math.max(0, expiresAtMs - nowMs);
  const seconds = Math.ceil(left / 1000);
  const minutes = Math.floor(seconds / 60);
  return {
    seconds,
    text: `${minutes}:${String(seconds % 60).padStart(2, '0')}`,
    warning: left <= warning_ms,
    over: left === 0,
  };
}

/** A stretch of time as a clock shows it: "1:02:03", "2:03". */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(seconds % 60);
  return seconds >= 3600
    ? `${Math.floor(seconds / 3600)}:${two(minutes)}:${rest}`
    : `${minutes}:${rest}`;
}
