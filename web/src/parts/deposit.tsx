import type { Payment } from '../gen/usher/v1/payment_pb';
import { date, money } from '../i18n/format';
import { payWords } from '../i18n/pay';
import { bankName } from '../state/banks';

/** How and until when something is paid that is not paid at once. */
export function DepositLines({ payment }: { payment: Payment }) {
  const say = payWords.value;
  const { deposit } = payment;
  if (!deposit) return null;
  const names = say.depositLines;
  const lines: [string, string][] = [
    [names.bank, deposit.number ? bankName(deposit.bank) : ''],
    [names.number, deposit.number],
    [names.amount, money(payment.amount, payment)],
    [names.due, date(deposit.dueAtMs, 'short')],
    [names.order, payment.orderNumber],
    [
      names.receipt,
      deposit.cashReceiptHint
        ? `${say.cashReceiptKinds[deposit.cashReceipt]} ${deposit.cashReceiptHint}`
        : '',
    ],
  ];
  return (
    <dl class="deposit">
      {lines
        .filter(([, text]) => text)
        .map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="numeric">{text}</dd>
          </div>
        ))}
    </dl>
  );
}
