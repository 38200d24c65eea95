import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import type { Order } from '../../gen/usher/v1/ticket_pb';
import { count, money, seatName } from '../../i18n/format';
import { moveWords } from '../../i18n/moves';
import { SeatMap } from '../../map/seatmap';
import { Confirm } from '../../parts/confirm';
import { announce } from '../../state/announce';
import { HouseSale } from '../../state/housesale';
import { options, Task } from '../../state/organise';
import { Check, Refusal } from './form';

interface MoveProps {
  order: Order;
  onDone(): void;
}

/** Tickets of an order to other free places of the hall. */
export function MoveTickets({ order, onDone }: MoveProps) {
  const say = moveWords.value;
  const open = useSignal(false);
  if (!open.value)
    return (
      <button
        type="button"
        class="plain"
        data-action="move-tickets"
        onClick={() => {
          open.value = true;
        }}
      >
        {say.open}
      </button>
    );
  return (
    <Moving
      order={order}
      onClose={() => {
        open.value = false;
      }}
      onDone={() => {
        open.value = false;
        announce(say.done);
        onDone();
      }}
    />
  );
}

function Moving({ order, onClose, onDone }: MoveProps & { onClose(): void }) {
  const say = moveWords.value;
  const { orderId, performanceId, tickets } = order;
  const sale = useMemo(() => new HouseSale(performanceId), [performanceId]);
  const task = useMemo(() => new Task(), []);
  const leaving = useSignal<number[]>(tickets.length === 1 ? [tickets[0]?.seat ?? 0] : []);
  const difference = useSignal<bigint | null>(null);
  useEffect(() => {
    void sale.start();
    return () => sale.stop();
  }, [sale]);
  const from = leaving.value;
  const to = sale.places();
  const moves = from.map((seat, i) => ({ from: seat, to: to[i] ?? 0 }));
  const fits = from.length > 0 && from.length === to.length;
  const ask = (check: boolean) =>
    task.do(async () => {
      const wish = { orderId, moves, check, difference: difference.value ?? 0n };
      const answer = await ticketDesk.moveSeats(wish, options);
      if (check) difference.value = answer.difference;
      else onDone();
    });
  const cost = difference.value;
  const told =
    cost === null || cost === 0n
      ? say.hint
      : `${cost > 0n ? say.more(money(cost, order)) : say.less(money(-cost, order))} ${say.hint}`;
  return (
    <section class="org-order" data-moving={orderId} aria-label={say.open}>
      <fieldset>
        <legend>{say.which}</legend>
        {tickets.map(({ seat, label }) => (
          <Check
            key={seat}
            name={`move-${seat}`}
            checked={from.includes(seat)}
            onChange={(on) => {
              const others = from.filter((one) => one !== seat);
              leaving.value = on ? [...others, seat].sort((a, b) => a - b) : others;
            }}
          >
            {seatName(label)}
          </Check>
        ))}
      </fieldset>
      <output class="soft">{say.where(`${count(to.length)} / ${count(from.length)}`)}</output>
      {sale.plan.value ? (
        <div class="org-map-frame">
          <SeatMap sale={sale} plan={sale.plan.value} />
        </div>
      ) : null}
      <Refusal task={task} />
      <p class="org-actions">
        <button
          type="button"
          class="primary"
          data-action="move-look"
          disabled={task.busy.value || !fits}
          onClick={() => void ask(true)}
        >
          {say.look}
        </button>
        <button type="button" class="plain" onClick={onClose}>
          {say.no}
        </button>
      </p>
      {cost !== null ? (
        <Confirm
          question={say.ask}
          hint={told}
          yes={say.yes}
          no={say.no}
          busy={task.busy.value}
          onNo={() => {
            difference.value = null;
          }}
          onYes={() =>
            void ask(false).then((done) => {
              if (!done) difference.value = null;
            })
          }
        />
      ) : null}
    </section>
  );
}
