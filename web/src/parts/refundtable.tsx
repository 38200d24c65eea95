import type { RefundStep } from '../gen/usher/v1/payment_pb';
import { date, money, type Priced } from '../i18n/format';
import { payWords } from '../i18n/pay';

/** What giving back would return, step by step; the last step has no end but the start. */
export function RefundTable({ steps, priced }: { steps: RefundStep[]; priced: Priced }) {
  const say = payWords.value;
  return (
    <table class="ladder">
      <thead>
        <tr>
          <th scope="col">{say.ladder}</th>
          <th scope="col">{say.youGet}</th>
          <th scope="col">{say.kept}</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step) => (
          <tr key={String(step.untilMs)}>
            <td>{step.untilMs > 0n ? say.until(date(step.untilMs, 'short')) : say.untilStart}</td>
            <td class="numeric">{money(step.refund, priced)}</td>
            <td class="numeric">{money(step.charge, priced)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
