import '../style/orders.css';
import { useEffect, useMemo } from 'preact/hooks';
import { type Order, OrderState } from '../gen/usher/v1/ticket_pb';
import { accountWords } from '../i18n/account';
import { money, seatName, starts } from '../i18n/format';
import { words } from '../i18n/words';
import { Icon } from '../parts/icon';
import { Later } from '../parts/later';
import { Notice } from '../parts/notice';
import { OrderStateWord } from '../parts/orderstate';
import { Trouble } from '../parts/trouble';
import { leftOf, OrderBook } from '../state/orders';
import { paths } from '../state/route';
import { Owed } from './owed';

const loadOwnWishes = () => import('../parts/ownwishes').then(({ OwnWishes }) => OwnWishes);

export function Orders() {
  const book = useMemo(() => new OrderBook(), []);
  const say = words.value;
  useEffect(() => {
    void book.more();
  }, [book]);
  useEffect(() => {
    document.title = `${say.ordersTitle} · Usher`;
  }, [say]);
  const list = book.orders.value;
  if (!list) {
    if (book.failure.value) {
      return <Trouble failure={book.failure.value} retry={() => void book.more()} />;
    }
    return <p class="loading">{say.loading}</p>;
  }
  if (list.length === 0) {
    return (
      <div class="sheet">
        <Owed />
        <Later load={loadOwnWishes} props={{}} />
        <section class="trouble">
          <Icon name="ticket" />
          <h1>{say.noOrders}</h1>
          <p>{say.noOrdersHint}</p>
          <p class="trouble-actions">
            <a class="primary" href={paths.home}>
              {say.back}
            </a>
            <a class="plain" href={paths.find}>
              {accountWords.value.findTitle}
            </a>
          </p>
        </section>
      </div>
    );
  }
  return (
    <div class="sheet">
      <h1>{say.ordersTitle}</h1>
      {book.offline.value ? (
        <Notice tone="warn" icon="offline" title={say.offlineCopy} text={say.offlineCopyText} />
      ) : null}
      <Owed />
      {book.offline.value ? null : <Later load={loadOwnWishes} props={{}} />}
      <ul class="stubs">
        {list.map((order) => (
          <OrderStub key={order.orderId} order={order} />
        ))}
      </ul>
      {book.next.value ? (
        <p class="more">
          <button
            type="button"
            class="plain"
            disabled={book.busy.value}
            onClick={() => void book.more()}
          >
            {say.moreOrders}
          </button>
        </p>
      ) : null}
      <p class="more">
        <a class="link-text" href={paths.find}>
          {accountWords.value.findTitle}
        </a>
      </p>
    </div>
  );
}

function OrderStub({ order }: { order: Order }) {
  const say = words.value;
  const gone = order.state === OrderState.CANCELLED;
  return (
    <li>
      <a
        class={`stub${gone ? ' stub-gone' : ''}`}
        href={paths.order(order.orderId)}
        data-order={order.orderId}
      >
        <span class="stub-date" aria-hidden="true">
          <span>{starts(order, 'month')}</span>
          <b>{starts(order, 'dayNumber')}</b>
        </span>
        <span class="stub-text">
          <strong>{order.eventName}</strong>
          <span>{starts(order, 'short')}</span>
          <span>{order.tickets.map(({ label }) => seatName(label)).join(' · ')}</span>
        </span>
        <span class="stub-left stub-order">
          <b class="numeric">
            {money(order.state === OrderState.CONFIRMED ? leftOf(order) : order.total, order)}
          </b>
          <OrderStateWord state={order.state} />
        </span>
        <span class="stub-go stub-look">
          {say.showTickets}
          <Icon name="next" />
        </span>
      </a>
    </li>
  );
}
