import '../style/orders.css';
import type { Order } from '../gen/usher/v1/ticket_pb';
import { dateThere } from '../i18n/format';
import { words } from '../i18n/words';

/** When and where people are let in, if the organiser says so. */
export function Entrance({ order }: { order: Order }) {
  const say = words.value;
  const lines = [
    order.doorsAtMs > 0n
      ? say.doorsOpen(dateThere(order.doorsAtMs, order.utcOffsetChoice.value, 'time'))
      : '',
    order.gate ? say.gate(order.gate) : '',
    order.venueAddress,
  ].filter(Boolean);
  return lines.length > 0 ? <p class="ticket-entrance">{lines.join(' · ')}</p> : null;
}
