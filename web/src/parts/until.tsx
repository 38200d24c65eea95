import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { serverClock } from '../api/clock';
import { clockText } from '../state/countdown';

const tick_ms = 250;

/** The server's clock, again and again. */
export function useNow(): number {
  const now = useSignal(serverClock.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = serverClock.now();
    }, tick_ms);
    return () => clearInterval(timer);
  }, [now]);
  return now.value;
}

interface UntilProps {
  ms: number;
  label: string;
  days(n: number): string;
  onOver?(): void;
}

/** How long until a moment: hours, minutes, seconds; days where there are any. */
export function Until({ ms, label, days, onOver }: UntilProps) {
  const seconds = Math.max(0, Math.ceil((ms - useNow()) / 1000));
  const over = seconds === 0;
  const told = useRef(onOver);
  told.current = onOver;
  useEffect(() => {
    if (over) told.current?.();
  }, [over]);
  const text = clockText((seconds % 86_400) * 1000);
  return (
    <p class="until" role="timer" aria-label={label}>
      {seconds >= 86_400 ? <span>{days(Math.floor(seconds / 86_400))}</span> : null} <b>{text}</b>
    </p>
  );
}
