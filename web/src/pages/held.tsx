import { useCallback } from 'preact/hooks';
import { serverClock } from '../api/clock';
import { money, seatName } from '../i18n/format';
import { words } from '../i18n/words';
import { HoldClock } from '../parts/clock';
import { announce } from '../state/announce';
import { linesOf } from '../state/kept';
import { paths } from '../state/route';
import type { Sale } from '../state/sale';

export function announceHold(sale: Sale): void {
  const hold = sale.hold.peek();
  if (!hold) return;
  const minutes = Math.round((hold.expiresAtMs - serverClock.now()) / 60_000);
  announce(words.peek().heldAnnounce(hold.seats.length, Math.max(1, minutes)));
}

/** Seats that are ours for some minutes: go on to pay, or give them back. */
export function Held({ sale }: { sale: Sale }) {
  const say = words.value;
  const hold = sale.hold.value;
  const over = useCallback(() => sale.expire(), [sale]);
  if (!hold) return null;
  const busy = sale.busy.value;
  const release = async () => {
    if (await sale.release()) announce(words.peek().releasedAnnounce);
  };
  return (
    <section
      class="held"
      tabIndex={-1}
      aria-labelledby="held-title"
      data-hold={hold.holdId}
      data-focus
    >
      <h2 id="held-title">{say.heldTitle}</h2>
      <HoldClock
        expiresAtMs={hold.expiresAtMs}
        ttlMs={sale.performance.value?.holdTtlMs ?? 0}
        onOver={over}
      />
      <ul class="lines">
        {linesOf(hold.seats).map(({ seat, label, amount, quantity }) => (
          <li key={seat} data-seat={seat}>
            <span>{quantity > 1 ? `${seatName(label)} × ${quantity}` : seatName(label)}</span>
            <span class="numeric">{money(amount * quantity, hold)}</span>
          </li>
        ))}
        <li class="lines-total">
          <span>{say.total}</span>
          <b class="numeric">{money(hold.total, hold)}</b>
        </li>
      </ul>
      <div class="held-actions">
        <a class="primary wide" data-action="order" href={paths.pay(hold.performanceId)}>
          <span>{say.orderAction}</span>
          <span class="numeric">{money(hold.total, hold)}</span>
        </a>
        <button
          type="button"
          class="quiet wide"
          data-action="release"
          disabled={busy !== null}
          onClick={() => void release()}
        >
          {busy === 'release' ? say.releasing : say.releaseAction}
        </button>
      </div>
    </section>
  );
}
