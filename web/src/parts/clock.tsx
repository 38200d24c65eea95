import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { serverClock } from '../api/clock';
import { date } from '../i18n/format';
import { words } from '../i18n/words';
import { announce } from '../state/announce';
import { countdown, warning_ms } from '../state/countdown';

const tick_ms = 250;
const turn = 2 * Math.PI * 26;

/** How long the hold lasts, by the server's clock. */
export function HoldClock({
  expiresAtMs,
  ttlMs,
  onOver,
}: {
  expiresAtMs: number;
  ttlMs: number;
  onOver(): void;
}) {
  const now = useSignal(serverClock.now());
  useEffect(() => {
    let warned = expiresAtMs - serverClock.now() <= warning_ms;
    const timer = setInterval(() => {
      now.value = serverClock.now();
      const left = expiresAtMs - now.value;
      if (!warned && left <= warning_ms) {
        warned = true;
        announce(words.peek().lastMinute);
      }
      if (left <= 0) {
        clearInterval(timer);
        onOver();
      }
    }, tick_ms);
    return () => clearInterval(timer);
  }, [expiresAtMs, now, onOver]);

  const say = words.value;
  const { text, warning } = countdown(expiresAtMs, now.value);
  useEffect(() => {
    // Seen from another tab, too.
    const whole = document.title;
    document.title = `${text} · ${whole}`;
    return () => {
      document.title = whole;
    };
  }, [text]);
  const share = Math.max(0, Math.min(1, (expiresAtMs - now.value) / (ttlMs || 480_000)));
  return (
    <div class={`clock${warning ? ' clock-warning' : ''}`}>
      <svg viewBox="0 0 60 60" aria-hidden="true">
        <circle class="clock-track" cx="30" cy="30" r="26" />
        <circle
          class="clock-hand"
          cx="30"
          cy="30"
          r="26"
          stroke-dasharray={turn}
          stroke-dashoffset={turn * (1 - share)}
        />
      </svg>
      <div>
        <p
          class="clock-time"
          role="timer"
          aria-label={say.timeLeft(text)}
          data-expires={expiresAtMs}
        >
          {text}
        </p>
        <p class="clock-until">
          {warning
            ? say.lastMinute
            : say.heldUntil(date(expiresAtMs - serverClock.offsetMs, 'time'))}
        </p>
      </div>
    </div>
  );
}
