import { useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import type { Performance } from '../../gen/usher/v1/ticket_pb';
import { gradeName } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { toFirstWrong } from '../../parts/field';
import { readAmount, writeAmount } from '../../state/amount';
import { announce } from '../../state/announce';
import { options, Task } from '../../state/organise';
import { Line, Refusal } from './form';

/** What the places of a date cost from now on; only what was changed is sent. */
export function ChangePrices({
  performance,
  onDone,
}: {
  performance: Performance;
  onDone(): void;
}) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const form = useRef<HTMLFormElement>(null);
  const digits = performance.currencyDigits;
  const typed = useSignal<ReadonlyMap<number, string>>(
    new Map(performance.prices.map((one) => [one.category, writeAmount(one.amount, digits)])),
  );
  const tried = useSignal(false);
  const wanted = performance.prices.map(({ category, amount }) => ({
    category,
    was: amount,
    amount: readAmount(typed.value.get(category) ?? '', digits),
  }));
  const save = async () => {
    tried.value = true;
    if (wanted.some(({ amount }) => amount === null)) {
      toFirstWrong(form.current);
      return;
    }
    const prices = wanted.flatMap(({ category, was, amount }) =>
      amount === null || amount === was ? [] : [{ category, amount }],
    );
    const done = await task.do(async () => {
      if (prices.length === 0) return;
      const { performanceId } = performance;
      await ticketDesk.setPrices({ performanceId, prices }, options);
    });
    if (!done) return;
    announce(say.pricesSaved);
    onDone();
  };
  return (
    <form
      ref={form}
      class="org-move"
      data-form="prices"
      aria-label={say.pricesTitle}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Refusal task={task} />
      <p class="soft">{say.pricesHint}</p>
      <div class="org-fields">
        {wanted.map(({ category, amount }) => (
          <Line
            key={category}
            label={say.price(gradeName(performance.hall?.categories[category]?.name ?? ''))}
            name={`new-price-${category}`}
            value={typed.value.get(category) ?? ''}
            wrong={tried.value && amount === null ? say.badPrice : ''}
            onInput={(value) => {
              typed.value = new Map(typed.value).set(category, value);
            }}
          />
        ))}
      </div>
      <button type="submit" class="primary" data-action="set-prices" disabled={task.busy.value}>
        {say.save}
      </button>
    </form>
  );
}
