import { serverClock } from '../api/clock';
import { words } from '../i18n/words';
import { countdown } from '../state/countdown';
import { keptHolds } from '../state/kept';
import { paths } from '../state/route';
import { storage } from '../state/storage';
import { Icon } from './icon';
import { useNow } from './until';

/** In the header of every page: how long the seats that are held stay so, and the way back to them. */
export function TopClock() {
  useNow();
  const now = serverClock.now();
  const [hold] = keptHolds(storage, now);
  if (!hold) return null;
  const { text, warning } = countdown(hold.expiresAtMs, now);
  return (
    <a
      class={`top-clock numeric${warning ? ' top-clock-ending' : ''}`}
      href={paths.performance(hold.performanceId)}
      aria-label={`${words.value.seeHeld} · ${words.value.timeLeft(text)}`}
    >
      <Icon name="clock" />
      {text}
    </a>
  );
}
