import '../style/orders.css';
import { useEffect, useRef } from 'preact/hooks';
import type { Order } from '../gen/usher/v1/ticket_pb';
import { gradeOf, seatName, starts } from '../i18n/format';
import { words } from '../i18n/words';
import { Entrance } from '../parts/entrance';
import { Icon } from '../parts/icon';
import { QrCode } from '../parts/qr';

interface FullCodeProps {
  order: Order;
  index: number;
  onIndex(index: number): void; // -1: closed
}

/** A ticket's code on the whole screen, white whatever the theme, and the screen stays on: for the door. */
export function FullCode({ order, index, onIndex }: FullCodeProps) {
  const say = words.value;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    const awake = stayAwake();
    return () => {
      awake();
      element?.close();
    };
  }, []);
  const ticket = order.tickets[index];
  if (!ticket) return null;
  const name = seatName(ticket.label);
  const count = order.tickets.length;
  // The next that is still ours: one that was passed on has no code here.
  const next =
    [...order.tickets.keys()]
      .map((k) => (index + 1 + k) % count)
      .find((k) => order.tickets[k]?.ticketCode) ?? index;
  return (
    <dialog
      ref={dialog}
      class="full-code"
      aria-labelledby="full-code-seat"
      onCancel={(event) => {
        event.preventDefault();
        onIndex(-1);
      }}
    >
      <button
        type="button"
        class="full-code-close"
        aria-label={say.close}
        onClick={() => onIndex(-1)}
      >
        <Icon name="close" />
      </button>
      <QrCode key={ticket.ticketCode} text={ticket.ticketCode} label={say.qrLabel(name)} />
      <p id="full-code-seat" class="full-code-seat">
        {[gradeOf(ticket), name].filter(Boolean).join(' · ')}
      </p>
      {order.orderNumber ? <p class="numeric">{order.orderNumber}</p> : null}
      <p>{order.eventName}</p>
      <p>{[starts(order, 'full'), order.hallName].filter(Boolean).join(' · ')}</p>
      <Entrance order={order} />
      {next !== index ? (
        <button type="button" class="full-code-next" onClick={() => onIndex(next)}>
          {say.ticketOf(index + 1, order.tickets.length)} · {say.nextTicket}
          <Icon name="next" />
        </button>
      ) : null}
    </dialog>
  );
}

/** Until the returned function is called; where the browser can. */
function stayAwake(): () => void {
  let over = false;
  let lock: WakeLockSentinel | null = null;
  navigator.wakeLock?.request('screen').then(
    (given) => {
      if (over) void given.release();
      else lock = given;
    },
    () => {}, // a low battery, or not the page in front
  );
  return () => {
    over = true;
    void lock?.release();
  };
}
