import '../style/orders.css';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import '../style/pay.css';
import { call_ms } from '../api/client';
import { till } from '../api/till';
import type { Payment } from '../gen/usher/v1/payment_pb';
import { payWords } from '../i18n/pay';
import { DepositLines } from '../parts/deposit';
import { paths } from '../state/route';

/** What has to be paid until a deadline, above one's orders. */
export function Owed() {
  const owed = useSignal<Payment[]>([]);
  const say = payWords.value;
  useEffect(() => {
    // Where it cannot be told, the mail still says it; the orders are what one came for.
    till.listDeposits({}, { timeoutMs: call_ms }).then(
      ({ payments }) => {
        owed.value = payments;
      },
      () => {},
    );
  }, [owed]);
  return (
    <>
      {owed.value.map((payment) => (
        <section key={payment.paymentId} class="box owed" data-owed={payment.paymentId}>
          <h2>{payment.deposit?.number ? say.depositTitle : say.reservedTitle}</h2>
          <DepositLines payment={payment} />
          <p class="more">
            <a class="link-text" href={paths.money(payment.orderId)}>
              {say.story}
            </a>
          </p>
        </section>
      ))}
    </>
  );
}
