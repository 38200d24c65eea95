import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call_ms } from '../api/client';
import { till } from '../api/till';
import type { PurchaseQuote } from '../gen/usher/v1/payment_pb';
import { money } from '../i18n/format';
import { payWords } from '../i18n/pay';

/** What comes on top of the prices where one pays online; nothing where nothing does. */
export function FeeNote({
  performanceId,
  onFee,
}: {
  performanceId: number;
  /** Told what comes on top of a ticket of this price, written; nothing where nothing does. */
  onFee?(feeOf: (amount: bigint) => string): void;
}) {
  const say = payWords.value;
  const quote = useSignal<PurchaseQuote | null>(null);
  useEffect(() => {
    // Where it cannot be told now, the order form tells it before one pays.
    till.quotePurchase({ performanceId }, { timeoutMs: call_ms }).then(
      (found) => {
        quote.value = found;
        const { terms } = found;
        if (!terms || terms.feeCurrency !== found.currency) return;
        onFee?.((amount) => {
          const fee = terms.ticketFee + (amount * BigInt(terms.feePermille)) / 1000n;
          return fee > 0n ? money(fee, found) : '';
        });
      },
      () => {},
    );
  }, [performanceId, quote]);
  const terms = quote.value?.terms;
  if (!quote.value || !terms || terms.feeCurrency !== quote.value.currency) return null;
  const parts = [
    terms.ticketFee > 0n ? say.feeTicket(money(terms.ticketFee, quote.value)) : '',
    terms.feePermille > 0 ? say.feePart(`${terms.feePermille / 10} %`) : '',
    terms.orderFee > 0n ? say.feeOrder(money(terms.orderFee, quote.value)) : '',
  ].filter(Boolean);
  return parts.length > 0 ? (
    <p class="hint" data-fee>
      {say.feeNote(parts.join(' + '))}
    </p>
  ) : null;
}
