import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { moneyDesk, orderDesk, ticketDesk } from '../../api/organise';
import type { FindOrdersResponse, FoundOrder } from '../../gen/usher/v1/door_manage_pb';
import { type Payment, PaymentState } from '../../gen/usher/v1/payment_pb';
import { type Order, OrderState, PaymentMethod } from '../../gen/usher/v1/ticket_pb';
import { date, gradeOf, money, seatName, starts } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { refundWords } from '../../i18n/refund';
import { tillWords } from '../../i18n/till';
import { Confirm } from '../../parts/confirm';
import { Icon } from '../../parts/icon';
import { Notice } from '../../parts/notice';
import { collect } from '../../state/collect';
import { loadOwn, options, ownEvents, Task } from '../../state/organise';
import { paths } from '../../state/route';
import { RefundDialog } from '../refund';
import { Line, Refusal } from './form';
import { MoveTickets } from './ordermoves';
import { EditContact, Notes } from './ordernotes';
import { ReservationCard } from './reservation';

const box_office = 'box-office';

/** Orders of one's events, by number or by the buyer's address. */
export function Orders() {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const text = useSignal('');
  const found = useSignal<FindOrdersResponse | null>(null);
  const find = () =>
    task.do(async () => {
      found.value = await orderDesk.findOrders({ text: text.value.trim() }, options);
    });
  const orders = found.value?.orders ?? [];
  const reservations = found.value?.reservations ?? [];
  const count = orders.length + reservations.length;
  return (
    <>
      <header class="org-head">
        <h1>{say.parts.orders}</h1>
      </header>
      <search>
        <form
          class="org-find"
          aria-label={say.findTitle}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (text.value.trim()) void find();
          }}
        >
          <Line
            label={say.find}
            name="find"
            hint={say.findHint}
            value={text.value}
            onInput={(value) => {
              text.value = value;
            }}
          />
          <button type="submit" class="primary" data-action="find" disabled={task.busy.value}>
            {say.findAction}
          </button>
        </form>
      </search>
      <Refusal task={task} />
      <ToCollect />
      <output>{found.value ? (count ? say.found(count) : say.noneFound) : ''}</output>
      {orders.map((one) => (
        <OrderCard key={one.order?.orderId} found={one} onDone={() => void find()} />
      ))}
      {reservations.map((one) => (
        <ReservationCard key={one.payment?.orderId} found={one} onDone={() => void find()} />
      ))}
    </>
  );
}

/** What is held until it is paid at the box office, of one's events that allow it. */
function ToCollect() {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const waiting = useSignal<Payment[] | null>(null);
  const before = useSignal(''); // what somebody else had taken
  const load = async () => {
    if (!ownEvents.peek()) await loadOwn();
    const ids = (ownEvents.peek() ?? []).flatMap(({ performances }) =>
      performances.filter((one) => one.payLaterMs > 0).map((one) => one.performanceId),
    );
    const pages = await Promise.all(
      ids.map((performanceId) =>
        moneyDesk.listPayments(
          { performanceId, state: PaymentState.DEPOSIT, pageSize: 100 },
          options,
        ),
      ),
    );
    waiting.value = pages
      .flatMap(({ payments }) => payments)
      .filter(({ provider }) => provider === box_office);
  };
  useEffect(() => {
    void task.do(load);
  }, []);
  const take = ({ paymentId, amount }: Payment) =>
    task.do(async () => {
      before.value = await collect({ paymentId, amount });
      await load();
    });
  if (!waiting.value) return <Refusal task={task} />;
  if (waiting.value.length === 0)
    return before.value ? <Notice tone="warn" icon="alert" title={before.value} /> : null;
  return (
    <section class="card story" data-collect aria-labelledby="collect-title">
      <h2 id="collect-title">{say.toCollect}</h2>
      <p class="soft">{say.toCollectText}</p>
      <Refusal task={task} />
      {before.value ? <Notice tone="warn" icon="alert" title={before.value} /> : null}
      <ul>
        {waiting.value.map((payment) => (
          <li key={payment.paymentId} data-number={payment.orderNumber}>
            <span>
              <strong class="numeric">{payment.orderNumber}</strong>
              <span class="soft">{say.dueUntil(date(payment.mustFinishByMs, 'short'))}</span>
            </span>
            <button
              type="button"
              class="plain numeric"
              data-action="collect"
              disabled={task.busy.value}
              onClick={() => void take(payment)}
            >
              {say.collect(money(payment.amount, payment))}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function OrderCard({ found, onDone }: { found: FoundOrder; onDone(): void }) {
  const say = organiseWords.value;
  const { order, contact } = found;
  const refunding = useSignal(false);
  const refunded = useSignal('');
  const cancelling = useSignal(false);
  const warning = useSignal('');
  const task = useMemo(() => new Task(), []);
  if (!order) return null;
  const takeBack = async (evenUsed: boolean) => {
    const done = await task.do(async () => {
      await ticketDesk.cancelOrder({ orderId: order.orderId, evenUsed }, options);
    });
    cancelling.value = false;
    if (done) onDone();
  };
  const take = async () => {
    const { orderId, toCollect } = order;
    const done = await task.do(async () => {
      warning.value = await collect({ orderId, amount: toCollect });
    });
    if (done) onDone();
  };
  const live = order.state === OrderState.CONFIRMED;
  const paid =
    order.paymentMethod >= PaymentMethod.CARD && order.paymentMethod !== PaymentMethod.COMP;
  return (
    <section class="card org-order" data-order={order.orderId} data-state={OrderState[order.state]}>
      <div class="org-event-head">
        <h2 class="numeric">{order.orderNumber}</h2>
        <span class={`state state-${live ? 'open' : 'out'}`}>
          {live ? say.confirmed : say.isCancelled}
        </span>
      </div>
      <p>
        <strong>{contact?.name}</strong>{' '}
        <span class="soft">{[contact?.email, contact?.phone].filter(Boolean).join(' · ')}</span>
      </p>
      <EditContact
        orderId={order.orderId}
        name={contact?.name ?? ''}
        phone={contact?.phone ?? ''}
        onDone={onDone}
      />
      {found.ticketsMail ? (
        <p class="soft" data-mail={found.ticketsMail.state}>
          {found.ticketsMail.state === 'failed' ? <Icon name="alert" /> : null}{' '}
          {say.mailStates[found.ticketsMail.state] ?? found.ticketsMail.state}
          {found.ticketsMail.lastError ? (
            <span lang="en"> ({found.ticketsMail.lastError})</span>
          ) : null}
        </p>
      ) : null}
      <p class="soft">
        {order.eventName} · {starts(order, 'full')} · {date(order.placedAtMs, 'short')}
      </p>
      <Seats found={found} order={order} onDone={onDone} />
      <p>
        <strong class="numeric">{money(order.total, order)}</strong>{' '}
        <span class="soft">{say.paidBy[order.paymentMethod] ?? say.boxOffice}</span>
      </p>
      {order.toCollect > 0n ? (
        <p data-owed>
          <Icon name="alert" /> {say.owed(money(order.toCollect, order))}
        </p>
      ) : null}
      {refunded.value ? <Notice tone="plain" icon="check" title={refunded.value} /> : null}
      <p class="org-actions">
        {paid ? (
          <a class="plain" href={paths.money(order.orderId)}>
            {say.story}
          </a>
        ) : null}
        {order.toCollect > 0n ? (
          <button
            type="button"
            class="plain numeric"
            data-action="collect-order"
            disabled={task.busy.value}
            onClick={() => void take()}
          >
            {say.collect(money(order.toCollect, order))}
          </button>
        ) : null}
        {live && paid ? (
          <button
            type="button"
            class="plain"
            data-action="refund-order"
            onClick={() => {
              refunding.value = true;
            }}
          >
            {say.refund}
          </button>
        ) : null}
        {live && !paid ? (
          <button
            type="button"
            class="plain"
            data-action="cancel-order"
            onClick={() => {
              cancelling.value = true;
            }}
          >
            {tillWords.value.takeBack}
          </button>
        ) : null}
      </p>
      {live && order.tickets.length > 0 ? <MoveTickets order={order} onDone={onDone} /> : null}
      <Notes orderId={order.orderId} notes={found.notes} />
      <Refusal task={task} />
      {warning.value ? <Notice tone="warn" icon="alert" title={warning.value} /> : null}
      {task.failure.value?.reason === 'TICKET_USED' ? (
        <p class="org-actions">
          <button
            type="button"
            class="plain"
            data-action="cancel-used"
            disabled={task.busy.value}
            onClick={() => void takeBack(true)}
          >
            {refundWords.value.evenUsed}
          </button>
        </p>
      ) : null}
      {cancelling.value ? (
        <Confirm
          question={tillWords.value.takeBackAsk(order.orderNumber)}
          hint={tillWords.value.takeBackText}
          yes={tillWords.value.takeBack}
          no={say.removeNo}
          busy={task.busy.value}
          onNo={() => {
            cancelling.value = false;
          }}
          onYes={() => void takeBack(false)}
        />
      ) : null}
      {refunding.value ? (
        <RefundDialog
          order={order}
          team
          onClose={() => {
            refunding.value = false;
          }}
          onDone={(refund) => {
            refunding.value = false;
            refunded.value = refund.again ? '' : say.refundedNote(money(refund.amount, refund));
            onDone();
          }}
        />
      ) : null}
    </section>
  );
}

/** The order's places; each can be kept from the doors, and let in again. */
function Seats({ found, order, onDone }: { found: FoundOrder; order: Order; onDone(): void }) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const blocking = useSignal<number | null>(null);
  const reason = useSignal('');
  const { orderId } = order;
  const unblock = async (seat: number) => {
    const done = await task.do(async () => {
      await orderDesk.unblockTickets({ orderId, seats: [seat] }, options);
    });
    if (done) onDone();
  };
  const block = async (seat: number) => {
    const wish = { orderId, seats: [seat], reason: reason.value.trim() };
    if (!wish.reason) return;
    const done = await task.do(async () => {
      await orderDesk.blockTickets(wish, options);
    });
    if (!done) return;
    blocking.value = null;
    reason.value = '';
    onDone();
  };
  return (
    <>
      <Refusal task={task} />
      <ul class="org-seats">
        {order.tickets.map((ticket) => {
          const blocked = found.blocks.find(({ seat }) => seat === ticket.seat);
          const name = seatName(ticket.label);
          return (
            <li key={ticket.seat} data-blocked={Boolean(blocked)}>
              {[gradeOf(ticket), name].filter(Boolean).join(' · ')}{' '}
              <span class="soft numeric">{money(ticket.amount, order)}</span>{' '}
              {blocked ? <span class="state state-out">{say.ticketBlocked}</span> : null}{' '}
              {blocked ? <span class="soft">{blocked.reason}</span> : null}{' '}
              <button
                type="button"
                class="quiet"
                data-action={blocked ? 'unblock-ticket' : 'block-ticket'}
                disabled={task.busy.value}
                aria-label={`${blocked ? say.unblockTicket : say.blockTicket}: ${name}`}
                onClick={() => {
                  if (blocked) void unblock(ticket.seat);
                  else blocking.value = blocking.value === ticket.seat ? null : ticket.seat;
                }}
              >
                {blocked ? say.unblockTicket : say.blockTicket}
              </button>
            </li>
          );
        })}
      </ul>
      {blocking.value === null ? null : (
        <form
          class="org-find"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (blocking.value !== null) void block(blocking.value);
          }}
        >
          <Line
            label={say.blockWhy}
            name="block-reason"
            hint={say.blockWhyHint}
            value={reason.value}
            onInput={(value) => {
              reason.value = value;
            }}
          />
          <button
            type="submit"
            class="primary"
            data-action="block-now"
            disabled={task.busy.value || !reason.value.trim()}
          >
            {say.blockTicket}
          </button>
        </form>
      )}
    </>
  );
}
