import '../style/orders.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import '../style/pay.css';
import { call_ms } from '../api/client';
import type { Failure } from '../api/failure';
import { persist, refusalOf } from '../api/retry';
import { till } from '../api/till';
import {
  type MoneyEvent,
  type MoneyStory,
  type Receipt,
  ReceiptKind,
} from '../gen/usher/v1/payment_pb';
import { date, grouped, money } from '../i18n/format';
import { payWords } from '../i18n/pay';
import { language, words } from '../i18n/words';
import { DepositLines } from '../parts/deposit';
import { Icon } from '../parts/icon';
import { Failed } from '../parts/notice';
import { Trouble } from '../parts/trouble';
import { Deed } from '../state/deed';
import { download } from '../state/download';
import { paths } from '../state/route';

/** Where is my money: every attempt, call and refund of an order, as the books have it. */
export function MoneyPage({ orderId }: { orderId: string }) {
  const say = payWords.value;
  const story = useSignal<MoneyStory | null>(null);
  const lost = useSignal<Failure | null>(null);
  const load = () => {
    lost.value = null;
    persist(() => till.getMoneyStory({ orderId }, { timeoutMs: call_ms })).then(
      (found) => {
        story.value = found;
      },
      (cause) => {
        lost.value = refusalOf(cause);
      },
    );
  };
  useEffect(load, [orderId]);
  useEffect(() => {
    document.title = `${say.storyTitle} · Usher`;
  }, [say]);
  if (lost.value) return <Trouble failure={lost.value} retry={load} />;
  if (!story.value) return <p class="loading">{words.value.loading}</p>;
  const { payments, refunds, events } = story.value;
  const priced = payments[0] ?? refunds[0];
  return (
    <div class="sheet">
      <h1>{say.storyTitle}</h1>
      <p class="soft">{payments.length > 0 ? say.storyText : say.storyNone}</p>
      {payments.length > 0 ? (
        <section class="card story" aria-labelledby="attempts-title">
          <h2 id="attempts-title">{say.attempts}</h2>
          <ul>
            {payments.map((payment) => (
              <li key={payment.paymentId}>
                <span>
                  <strong>{say.paymentState[payment.state]}</strong>
                  <span class="soft">
                    {[
                      say.providers[payment.provider] ?? payment.provider,
                      date(payment.createdAtMs, 'short'),
                    ].join(' · ')}
                  </span>
                  {payment.testMoney ? <span data-test-money>{say.testMoney}</span> : null}
                  <span data-what-to-do>
                    {[say.reasons[payment.reason], say.stateText[payment.state]]
                      .filter(Boolean)
                      .join(' ')}
                  </span>
                  {payment.contradiction ? (
                    <strong data-contradiction={payment.contradiction}>
                      {[
                        say.steps['contradiction stands'],
                        say.reasons[payment.contradiction],
                        say.contradicted,
                      ]
                        .filter(Boolean)
                        .join(' ')}
                    </strong>
                  ) : null}
                  {payment.deposit ? <DepositLines payment={payment} /> : null}
                  <span class="soft story-number">
                    {say.paymentNumber} {grouped(payment.paymentId)}
                  </span>
                </span>
                <b class="numeric">{money(payment.amount, payment)}</b>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {refunds.length > 0 ? (
        <section class="card story" aria-labelledby="refunds-title">
          <h2 id="refunds-title">{say.refunds}</h2>
          <ul>
            {refunds.map((refund) => (
              <li key={refund.refundId}>
                <span>
                  <strong>{say.refundState[refund.state]}</strong>
                  <span class="soft">
                    {[
                      date(refund.createdAtMs, 'short'),
                      refund.charge > 0n ? say.charge(money(refund.charge, refund)) : '',
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </span>
                </span>
                <b class="numeric">{money(refund.amount, refund)}</b>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <Receipts orderId={orderId} />
      {events.length > 0 ? (
        <section class="card story" aria-labelledby="events-title">
          <h2 id="events-title">{say.events}</h2>
          <ol class="story-events">
            {events.map((event, index) => (
              <li key={index} data-what={event.what} data-step={event.step}>
                <span class="soft numeric">{date(event.atMs, 'second')}</span>
                <Step event={event} />
                <span class="numeric">
                  {event.amount === 0n ? '' : money(event.amount, priced)}
                </span>
              </li>
            ))}
          </ol>
        </section>
      ) : null}
      <p>
        <a class="plain" href={paths.order(orderId)}>
          {say.toOrder}
        </a>
      </p>
    </div>
  );
}

/** What happened, said to a person; the provider's own word stands behind it, for whoever asks there. */
function Step({ event: { what, step, outcome, code, text } }: { event: MoneyEvent }) {
  const say = payWords.value;
  const said = say.steps[step ? `${what} ${step}` : what];
  if (!said) return <span lang="en">{text}</span>;
  const word = /^[A-Z][A-Z_]+$/.test(code) ? code : '';
  return (
    <span>
      {[said, say.outcomes[outcome], say.reasons[code]].filter(Boolean).join(' ')}
      {word && !say.reasons[code] ? <code class="soft"> {word}</code> : null}
    </span>
  );
}

/** What was paid and given back, numbered, each as a file to keep. */
function Receipts({ orderId }: { orderId: string }) {
  const say = payWords.value;
  const deed = useMemo(() => new Deed(), []);
  const receipts = useSignal<Receipt[]>([]);
  useEffect(() => {
    void deed.do(async () => {
      const found = await persist(() => till.listReceipts({ orderId }, { timeoutMs: call_ms }));
      receipts.value = found.receipts;
    });
  }, [orderId, deed, receipts]);
  const fetchFile = (number: bigint) =>
    deed.do(async () => {
      const wish = { orderId, number, language: language.peek() };
      const file = await persist(() => till.getReceiptFile(wish, { timeoutMs: call_ms }));
      download(file.name, file.mediaType, file.content);
    });
  if (receipts.value.length === 0) return <Failed failure={deed.failure.value} />;
  return (
    <section class="card story" aria-labelledby="receipts-title">
      <h2 id="receipts-title">{say.receipts}</h2>
      <Failed failure={deed.failure.value} />
      <ul>
        {receipts.value.map((receipt) => (
          <li key={String(receipt.number)} data-receipt={ReceiptKind[receipt.kind]}>
            <span>
              <strong>
                {say.receiptKind[receipt.kind]} {say.receiptNumber(String(receipt.number))}
              </strong>
              <span class="soft">
                {[
                  receipt.terms?.seller ?? '',
                  date(receipt.atMs, 'short'),
                  receipt.fee > 0n ? `${say.fee} ${money(receipt.fee, receipt)}` : '',
                  receipt.vat > 0n ? say.vat(money(receipt.vat, receipt)) : '',
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </span>
            <b class="numeric">{money(receipt.total, receipt)}</b>
            <button
              type="button"
              class="plain"
              data-action="receipt"
              disabled={deed.busy.value}
              onClick={() => void fetchFile(receipt.number)}
            >
              <Icon name="save" />
              {say.receiptFile}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
