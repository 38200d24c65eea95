import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import '../style/pay.css';
import { call_ms } from '../api/client';
import { till } from '../api/till';
import type { PurchaseQuote } from '../gen/usher/v1/payment_pb';
import { type Performance, PersonRule } from '../gen/usher/v1/ticket_pb';
import { payWords } from '../i18n/pay';
import { personWords } from '../i18n/person';
import { words } from '../i18n/words';
import { FeeNote } from './feenote';
import { RefundTable } from './refundtable';

const limitOf = ({ placesMax, personRule }: Performance): string =>
  personRule === PersonRule.PHONE
    ? personWords.value.noticePhone(placesMax)
    : personRule === PersonRule.IDENTITY
      ? personWords.value.noticeIdentity(placesMax)
      : words.value.limitHint(placesMax);

/** What a buyer should know before: how many, how long, what comes on top, what giving back returns, and who sells. */
export function Notices({ performance }: { performance: Performance }) {
  const say = words.value;
  const { performanceId, placesMax, holdTtlMs, prices } = performance;
  const quote = useSignal<PurchaseQuote | null>(null);
  useEffect(() => {
    const dearest = prices.reduce((most, { amount }) => (amount > most ? amount : most), 0n);
    // Without it the order form tells it before one pays.
    till.quotePurchase({ performanceId, prices: [dearest] }, { timeoutMs: call_ms }).then(
      (found) => {
        quote.value = found;
      },
      () => {},
    );
  }, [performanceId, prices, quote]);
  const minutes = Math.floor(holdTtlMs / 60_000);
  const terms = quote.value?.terms;
  return (
    <section class="event-notices">
      <h2>{say.noticesTitle}</h2>
      <ul>
        {placesMax > 0 ? <li>{limitOf(performance)}</li> : null}
        {minutes > 0 ? <li>{say.noticeHold(minutes)}</li> : null}
        <li>{say.noticeTicket}</li>
      </ul>
      <FeeNote performanceId={performanceId} />
      {quote.value && quote.value.refunds.length > 0 ? (
        <details>
          <summary>{say.noticeRefund}</summary>
          <RefundTable steps={quote.value.refunds} priced={quote.value} />
        </details>
      ) : null}
      {terms?.seller ? (
        <p class="event-seller">
          <b>{payWords.value.seller}</b>{' '}
          {[
            terms.seller,
            terms.representative,
            terms.registrationNumber,
            terms.mailOrderNumber,
            terms.address,
            terms.telephone,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      ) : null}
    </section>
  );
}
