import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { moneyDesk } from '../../api/organise';
import type { FoundReservation } from '../../gen/usher/v1/door_manage_pb';
import { type Payment, PaymentState } from '../../gen/usher/v1/payment_pb';
import { date, money, starts } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { Confirm } from '../../parts/confirm';
import { Notice } from '../../parts/notice';
import { collect } from '../../state/collect';
import { options, Task } from '../../state/organise';
import { paths } from '../../state/route';
import { Refusal } from './form';

const box_office = 'box-office';

/** What became of it, in a sentence. */
function told({ state, provider, mustFinishByMs }: Payment) {
  const say = organiseWords.value;
  const until = date(mustFinishByMs, 'short');
  switch (state) {
    case PaymentState.DEPOSIT:
      return provider === box_office ? say.heldForCounter(until) : say.heldForBank(until);
    case PaymentState.WAITING:
      return say.isPaying;
    case PaymentState.DECLINED:
    case PaymentState.ABANDONED:
      return say.neverPaid;
    case PaymentState.REFUNDING:
    case PaymentState.REFUNDED:
      return say.paidTooLate;
    default:
      return say.notClear;
  }
}

/** Places that are held to be paid, or were: no order, and perhaps never one. */
export function ReservationCard({ found, onDone }: { found: FoundReservation; onDone(): void }) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const ending = useSignal(false);
  const warning = useSignal('');
  const { payment, contact } = found;
  if (!payment) return null;
  const { paymentId, orderId, orderNumber, amount } = payment;
  const waits = payment.state === PaymentState.DEPOSIT;
  const end = async () => {
    const done = await task.do(async () => {
      await moneyDesk.abandonPayment({ paymentId }, options);
    });
    ending.value = false;
    if (done) onDone();
  };
  const take = async () => {
    const done = await task.do(async () => {
      warning.value = await collect({ paymentId, amount });
    });
    if (done) onDone();
  };
  return (
    <section
      class="card org-order"
      data-reservation={orderId}
      data-state={PaymentState[payment.state]}
    >
      <div class="org-event-head">
        <h2 class="numeric">{orderNumber}</h2>
        <span class={`state state-${waits ? 'open' : 'out'}`}>{say.noOrder}</span>
      </div>
      <p>
        <strong>{contact?.name}</strong>{' '}
        <span class="soft">{[contact?.email, contact?.phone].filter(Boolean).join(' · ')}</span>
      </p>
      <p class="soft">
        {found.eventName} · {starts(found, 'full')} · {date(payment.createdAtMs, 'short')}
      </p>
      <p>
        <strong class="numeric">{money(amount, payment)}</strong> {say.placesHeld(found.places)}
      </p>
      <p data-told>{told(payment)}</p>
      <p class="org-actions">
        <a class="plain" href={paths.money(orderId)}>
          {say.story}
        </a>
        {waits && payment.provider === box_office ? (
          <button
            type="button"
            class="plain numeric"
            data-action="collect-found"
            disabled={task.busy.value}
            onClick={() => void take()}
          >
            {say.collect(money(amount, payment))}
          </button>
        ) : null}
        {waits ? (
          <button
            type="button"
            class="plain"
            data-action="end-reservation"
            disabled={task.busy.value}
            onClick={() => {
              ending.value = true;
            }}
          >
            {say.endReservation}
          </button>
        ) : null}
      </p>
      <Refusal task={task} />
      {warning.value ? <Notice tone="warn" icon="alert" title={warning.value} /> : null}
      {ending.value ? (
        <Confirm
          question={say.endReservationAsk(orderNumber)}
          hint={say.endReservationText}
          yes={say.endReservation}
          no={say.removeNo}
          busy={task.busy.value}
          onNo={() => {
            ending.value = false;
          }}
          onYes={() => void end()}
        />
      ) : null}
    </section>
  );
}
