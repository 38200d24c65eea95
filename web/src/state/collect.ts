// Money that the box office takes for what is to be paid there, or is owed.

import { moneyDesk } from '../api/organise';
import { type Payment, PaymentState } from '../gen/usher/v1/payment_pb';
import { organiseWords } from '../i18n/organise';
import { announce } from './announce';
import { options } from './organise';

type Told = Pick<Payment, 'again' | 'state' | 'orderNumber'>;

/** What the clerk must see beside the money: that none is to be kept. Empty where all is well. */
export function warningOf({ again, state, orderNumber }: Told): string {
  const say = organiseWords.value;
  if (again) return say.collectedBefore(orderNumber);
  return state === PaymentState.REFUNDING || state === PaymentState.REFUNDED
    ? say.collectedInVain(orderNumber)
    : '';
}

/** Says that it is taken. The answer is the warning, if any. */
export async function collect(
  wish: { amount: bigint } & ({ paymentId: string } | { orderId: string }),
): Promise<string> {
  const payment = await moneyDesk.collectPayment(wish, options);
  const warning = warningOf(payment);
  announce(warning || organiseWords.value.collected(payment.orderNumber));
  return warning;
}
