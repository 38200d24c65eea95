import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import '../style/pay.css';
import { serverClock } from '../api/clock';
import { type Payment, PaymentState } from '../gen/usher/v1/payment_pb';
import { money } from '../i18n/format';
import { payWords } from '../i18n/pay';
import { words } from '../i18n/words';
import { DepositLines } from '../parts/deposit';
import { Icon, type IconName } from '../parts/icon';
import { Notice } from '../parts/notice';
import { Trouble } from '../parts/trouble';
import { announce } from '../state/announce';
import { keptHold } from '../state/kept';
import { go, paths } from '../state/route';
import { storage } from '../state/storage';
import { Following, paymentOf } from '../state/till';

/** The way back from the provider: what became of the payment, and what to do now. */
export function PaidPage({ query }: { query: string }) {
  const say = payWords.value;
  const following = useMemo(() => new Following(paymentOf(query), query), [query]);
  useEffect(() => {
    following.start();
    return () => following.stop();
  }, [following]);
  const payment = following.payment.value;
  const failure = following.failure.value;
  useEffect(() => {
    document.title = `${say.title} · Usher`;
  }, [say]);
  useEffect(() => {
    if (payment?.state === PaymentState.DONE) go(paths.placed(payment.orderId), true);
  }, [payment]);
  if (!payment && failure) {
    const stranger = failure.reason === 'NOT_FOUND' || failure.reason === 'UNKNOWN';
    if (!stranger) return <Trouble failure={failure} />;
    return (
      <Outcome icon="alert" title={say.elsewhereTitle} text={say.elsewhereText} state="ELSEWHERE">
        <a class="plain" href={paths.home}>
          {words.value.back}
        </a>
      </Outcome>
    );
  }
  if (!payment) return <Checking />;
  return (
    <>
      {payment.testMoney ? <Notice tone="warn" icon="alert" title={say.testMoney} /> : null}
      <State payment={payment} following={following} />
    </>
  );
}

function Checking() {
  const say = payWords.value;
  return <Outcome title={say.checkingTitle} text={say.checkingText} state="CHECKING" />;
}

function State({ payment, following }: { payment: Payment; following: Following }) {
  const say = payWords.value;
  const { performanceId, state, amount } = payment;
  const held = keptHold(storage, performanceId, serverClock.now()) !== null;
  const name = PaymentState[state];
  const again = held ? (
    <a class="primary" data-action="again" href={paths.pay(performanceId)}>
      {say.again}
    </a>
  ) : (
    <a class="primary" href={paths.performance(performanceId)}>
      {say.toHall}
    </a>
  );
  switch (state) {
    case PaymentState.UNCLEAR:
      return (
        <Outcome title={say.unclearTitle} text={say.unclearText} state={name}>
          <a class="plain" href={paths.money(payment.orderId)}>
            {say.story}
          </a>
        </Outcome>
      );
    case PaymentState.CAPTURED:
    case PaymentState.DONE:
      return <Outcome title={say.capturedTitle} text={say.checkingText} state={name} />;
    case PaymentState.DECLINED:
      return (
        <Outcome
          icon="alert"
          title={say.declinedTitle}
          said={payment.message}
          text={[say.reasons[payment.reason], held ? say.declinedText : say.declinedLate]
            .filter(Boolean)
            .join(' ')}
          state={name}
        >
          {again}
        </Outcome>
      );
    case PaymentState.ABANDONED:
      return (
        <Outcome
          icon="close"
          title={say.abandonedTitle}
          text={[say.abandonedText, say.reasons[payment.reason]].filter(Boolean).join(' ')}
          state={name}
        >
          {again}
        </Outcome>
      );
    case PaymentState.REFUNDING:
    case PaymentState.REFUNDED: {
      const done = state === PaymentState.REFUNDED;
      return (
        <Outcome
          icon={done ? 'check' : 'clock'}
          title={done ? say.refundedTitle : say.refundingTitle}
          text={[
            payment.reason === 'SEATS_GONE' || !say.reasons[payment.reason]
              ? done
                ? say.refundedText
                : say.refundingText
              : `${say.reasons[payment.reason]} ${say.stateText[state]}`,
            money(amount, payment),
          ].join(' ')}
          state={name}
        >
          <a class="primary" href={paths.performance(performanceId)}>
            {say.toHall}
          </a>
          <a class="plain" href={paths.money(payment.orderId)}>
            {say.story}
          </a>
        </Outcome>
      );
    }
    case PaymentState.DEPOSIT: {
      const atBank = Boolean(payment.deposit?.number);
      return (
        <Outcome
          icon="clock"
          title={atBank ? say.depositTitle : say.reservedTitle}
          text={atBank ? say.depositText : say.reservedText}
          state={name}
          more={<DepositLines payment={payment} />}
        >
          <a class="plain" href={paths.money(payment.orderId)}>
            {say.story}
          </a>
          <button
            type="button"
            class="plain"
            data-action="give-up"
            onClick={() => void following.abandon()}
          >
            {say.depositEnd}
          </button>
        </Outcome>
      );
    }
    case PaymentState.WAITING:
      return (
        <Outcome icon="clock" title={say.waitingTitle} text={say.waitingText} state={name}>
          <a class="primary" data-action="again" href={payment.redirectUrl} rel="external">
            {say.again}
          </a>
          <button
            type="button"
            class="plain"
            data-action="other"
            onClick={() => void following.abandon().then(() => go(paths.pay(performanceId), true))}
          >
            {say.otherWay}
          </button>
        </Outcome>
      );
    default:
      return <Checking />;
  }
}

interface OutcomeProps {
  icon?: IconName;
  title: string;
  text: string;
  said?: string; // by the provider
  more?: ComponentChildren;
  state: string;
  children?: ComponentChildren;
}

function Outcome({ icon, title, text, said = '', more, state, children }: OutcomeProps) {
  useEffect(() => announce(`${title}. ${text}`), [title, text]);
  return (
    <section class="trouble outcome" data-payment={state}>
      {icon ? <Icon name={icon} /> : <span class="spinner" aria-hidden="true" />}
      <h1>{title}</h1>
      <p>{text}</p>
      {said ? <p>“{said}”</p> : null}
      {more}
      {children ? <p class="trouble-actions">{children}</p> : null}
    </section>
  );
}
