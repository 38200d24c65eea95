import '../style/orders.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { serverClock } from '../api/clock';
import type { WalletLink } from '../gen/usher/v1/door_pb';
import type { Refund } from '../gen/usher/v1/payment_pb';
import { type Order, OrderState, PaymentMethod, type Ticket } from '../gen/usher/v1/ticket_pb';
import { date, gradeOf, grouped, money, seatName, starts } from '../i18n/format';
import { orderWords } from '../i18n/order';
import { words } from '../i18n/words';
import { Confirm } from '../parts/confirm';
import { Entrance } from '../parts/entrance';
import { Icon } from '../parts/icon';
import { Later } from '../parts/later';
import { Failed, Notice } from '../parts/notice';
import { OrderStateWord } from '../parts/orderstate';
import { QrCode } from '../parts/qr';
import { Trouble } from '../parts/trouble';
import { announce } from '../state/announce';
import { hasBegun } from '../state/dates';
import { Deed } from '../state/deed';
import { leftOf, OneOrder } from '../state/orders';
import { paths } from '../state/route';
import { FullCode } from './fullcode';

const keep_after_ms = 1000;

export function OrderPage({ orderId, placed }: { orderId: string; placed: boolean }) {
  const one = useMemo(() => new OneOrder(orderId), [orderId]);
  const asking = useSignal(false);
  const passing = useSignal<Ticket | null>(null); // the ticket that is being passed on
  const shown = useSignal(-1); // the ticket whose code fills the screen
  const say = words.value;
  useEffect(() => {
    void one.load();
  }, [one]);
  useEffect(() => {
    if (placed) announce(orderWords.peek().orderPlaced);
  }, [placed]);
  const order = one.order.value;
  useEffect(() => {
    if (order) document.title = `${order.eventName} · ${say.orderTitle} · Usher`;
  }, [order, say]);
  const loaded = order !== null;
  useEffect(() => {
    // Once the codes are drawn, everything that draws them is loaded, and can be kept; a moment later so can the list.
    if (!loaded || one.offline.peek()) return;
    const later = setTimeout(() => {
      void Promise.all([import('../parts/qrdrawing'), import('./orders')])
        .then(() => import('../state/keeppage'))
        .then(({ keepPage }) => keepPage());
    }, keep_after_ms);
    return () => clearTimeout(later);
  }, [loaded, one]);
  if (!order) {
    if (one.failure.value) {
      return <Trouble failure={one.failure.value} retry={() => void one.load()} />;
    }
    return <p class="loading">{say.loading}</p>;
  }
  const cancelled = order.state === OrderState.CANCELLED;
  const byCard = order.paymentMethod >= PaymentMethod.CARD; // paid through the payment service
  const begun = hasBegun(order, serverClock.now()); // what has begun is not given back
  const cancel = async () => {
    await one.cancel();
    asking.value = false;
  };
  return (
    <div class="sheet">
      {placed && !cancelled ? (
        <div class="placed">
          <span class="placed-mark">
            <Icon name="check" />
          </span>
          <div>
            <h1>{orderWords.value.orderPlaced}</h1>
            <p>{byCard ? orderWords.value.orderPaidHint : orderWords.value.orderPlacedHint}</p>
          </div>
        </div>
      ) : (
        <h1>{say.orderTitle}</h1>
      )}
      <OrderHead order={order} />
      <Failed failure={one.failure.value} />
      {one.offline.value ? (
        <Notice tone="warn" icon="offline" title={say.offlineCopy} text={say.offlineCopyText} />
      ) : null}
      {cancelled ? (
        <Notice
          tone="plain"
          icon="ticket"
          title={say.orderCancelled}
          text={orderWords.value.cancelledText}
        />
      ) : null}
      <ol class="tickets">
        {order.tickets.map((ticket, index) => (
          <TicketStub
            key={ticket.seat}
            order={order}
            ticket={ticket}
            index={index}
            onShow={() => {
              shown.value = index;
            }}
            onPass={
              begun || one.offline.value
                ? undefined
                : () => {
                    passing.value = ticket;
                  }
            }
          />
        ))}
      </ol>
      {shown.value >= 0 && !cancelled ? (
        <FullCode
          order={order}
          index={shown.value}
          onIndex={(index) => {
            shown.value = index;
          }}
        />
      ) : null}
      <p class="sheet-actions">
        <a class="plain" href={paths.orders}>
          {say.ordersTitle}
        </a>
        {byCard ? (
          <a class="plain" href={paths.money(order.orderId)}>
            {orderWords.value.whereMoney}
          </a>
        ) : null}
        {cancelled ? null : (
          <>
            <TicketFiles order={order} />
            <button type="button" class="plain" onClick={() => print()}>
              <Icon name="print" />
              {say.print}
            </button>
            {begun ? null : (
              <button
                type="button"
                class="quiet quiet-danger"
                data-action="cancel"
                onClick={() => {
                  asking.value = true;
                }}
              >
                {byCard ? orderWords.value.giveBack : orderWords.value.cancelOrder}
              </button>
            )}
          </>
        )}
      </p>
      {passing.value ? (
        <Later
          load={loadPassOn}
          props={{
            order,
            ticket: passing.value,
            onClose: () => {
              passing.value = null;
            },
            onDone: (to: string) => {
              passing.value = null;
              announce(to ? orderWords.value.passedOn(to) : orderWords.value.takenBack);
              void one.load();
            },
          }}
        />
      ) : null}
      {asking.value && byCard ? (
        <Later
          load={loadRefund}
          props={{
            order,
            onClose: () => {
              asking.value = false;
            },
            onDone: (refund: Refund) => {
              asking.value = false;
              if (!refund.again) announce(orderWords.value.refunded(money(refund.amount, refund)));
              void one.load();
            },
          }}
        />
      ) : null}
      {asking.value && !byCard ? (
        <Confirm
          question={orderWords.value.cancelQuestion}
          hint={orderWords.value.cancelHint(order.tickets.length)}
          yes={one.busy.value ? orderWords.value.cancelling : orderWords.value.cancelYes}
          no={say.cancelNo}
          busy={one.busy.value}
          onYes={() => void cancel()}
          onNo={() => {
            asking.value = false;
          }}
        />
      ) : null}
    </div>
  );
}

const loadPassOn = () => import('./passon').then(({ PassOn }) => PassOn);
const loadRefund = () => import('./refund').then(({ RefundDialog }) => RefundDialog);

/** The tickets as files, and by mail once more. */
function TicketFiles({ order: { orderId } }: { order: Order }) {
  const deed = useMemo(() => new Deed(), []);
  const there = useSignal(false);
  const passes = useSignal(false);
  const links = useSignal<WalletLink[]>([]);
  useEffect(() => {
    void import('../state/files').then(async ({ hasFiles, hasPasses, walletLinks }) => {
      there.value = await hasFiles(orderId);
      passes.value = there.value && (await hasPasses(orderId));
      links.value = there.value ? await walletLinks(orderId) : [];
    });
  }, [orderId, there, passes, links]);
  if (!there.value) return null;
  const act = (what: (files: typeof import('../state/files')) => Promise<void>) =>
    deed.do(async () => what(await import('../state/files')));
  return (
    <>
      <button
        type="button"
        class="plain"
        data-action="pdf"
        disabled={deed.busy.value}
        onClick={() => void act(({ fetchPdf }) => fetchPdf(orderId))}
      >
        <Icon name="save" />
        {orderWords.value.downloadPdf}
      </button>
      <button
        type="button"
        class="plain"
        data-action="calendar"
        disabled={deed.busy.value}
        onClick={() => void act(({ fetchCalendar }) => fetchCalendar(orderId))}
      >
        <Icon name="calendar" />
        {orderWords.value.addToCalendar}
      </button>
      {passes.value ? (
        <button
          type="button"
          class="plain"
          data-action="wallet"
          disabled={deed.busy.value}
          onClick={() => void act(({ fetchPass }) => fetchPass(orderId))}
        >
          <Icon name="ticket" />
          {orderWords.value.walletPass}
        </button>
      ) : null}
      {links.value.map(({ seat, label, url }) => (
        <a key={seat} class="plain" data-action="google-wallet" href={url} rel="external">
          <Icon name="ticket" />
          {links.value.length > 1
            ? `${orderWords.value.googleWallet} · ${seatName(label)}`
            : orderWords.value.googleWallet}
        </a>
      ))}
      {deed.failure.value ? (
        <div class="sheet-failed">
          <Failed failure={deed.failure.value} />
        </div>
      ) : null}
    </>
  );
}

function OrderHead({ order }: { order: Order }) {
  const say = words.value;
  const left = leftOf(order);
  return (
    <dl class="order-head" data-order={order.orderId} data-state={OrderState[order.state]}>
      <div class="order-number">
        <dt>{say.orderNumber}</dt>
        <dd class="numeric">{order.orderNumber || grouped(order.orderId)}</dd>
      </div>
      <div>
        <dt>{say.total}</dt>
        <dd class="numeric">{money(order.total, order)}</dd>
      </div>
      {order.state === OrderState.CONFIRMED && left < order.total ? (
        <>
          <div data-given-back>
            <dt>{orderWords.value.givenBack}</dt>
            <dd class="numeric">{money(order.total - left, order)}</dd>
          </div>
          <div data-remains>
            <dt>{orderWords.value.remains}</dt>
            <dd class="numeric">{money(left, order)}</dd>
          </div>
        </>
      ) : null}
      <div>
        <dt>{say.payment}</dt>
        <dd>{say.paidBy[order.paymentMethod] ?? orderWords.value.payAtBoxOffice}</dd>
      </div>
      <div>
        <dt>{orderWords.value.orderState}</dt>
        <dd>
          <OrderStateWord state={order.state} />
        </dd>
      </div>
      <div class="order-when">
        <dt>{orderWords.value.orderedWhen}</dt>
        <dd>{date(order.placedAtMs, 'short')}</dd>
      </div>
    </dl>
  );
}

interface TicketStubProps {
  order: Order;
  ticket: Ticket;
  index: number;
  onShow(): void;
  onPass: (() => void) | undefined; // not there: too late
}

function TicketStub({ order, ticket, index, onShow, onPass }: TicketStubProps) {
  const say = words.value;
  const cancelled = order.state === OrderState.CANCELLED;
  const name = seatName(ticket.label);
  return (
    <li class={`ticket${cancelled ? ' ticket-void' : ''}`} data-seat={ticket.seat}>
      <div class="ticket-text">
        <p class="ticket-event">{order.eventName}</p>
        <p class="ticket-date">
          {[starts(order, 'full'), order.hallName].filter(Boolean).join(' · ')}
        </p>
        <Entrance order={order} />
        {gradeOf(ticket) ? <p class="ticket-grade">{gradeOf(ticket)}</p> : null}
        <p class="ticket-seat">{name}</p>
        <p class="ticket-foot">
          <span>
            {[say.ticketOf(index + 1, order.tickets.length), order.orderNumber]
              .filter(Boolean)
              .join(' · ')}
          </span>
          <span class="numeric">{money(ticket.amount, order)}</span>
        </p>
        {onPass && !cancelled ? (
          <button type="button" class="quiet ticket-pass" data-action="pass" onClick={onPass}>
            {ticket.passedTo ? orderWords.value.takeBack : orderWords.value.passOn}
          </button>
        ) : null}
      </div>
      <div class="ticket-code">
        {!cancelled && ticket.passedTo ? (
          <p class="ticket-passed">{orderWords.value.passedOn(ticket.passedTo)}</p>
        ) : cancelled || !ticket.ticketCode ? (
          <OrderStateWord state={OrderState.CANCELLED} />
        ) : (
          <button
            type="button"
            class="qr-open"
            data-action="show"
            aria-label={`${orderWords.value.showCode}: ${name}`}
            onClick={onShow}
          >
            <QrCode text={ticket.ticketCode} label={say.qrLabel(name)} />
            <span aria-hidden="true">{orderWords.value.showCode}</span>
          </button>
        )}
      </div>
    </li>
  );
}
