import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import type { PricePlan } from '../../gen/usher/v1/ticket_manage_pb';
import type { Performance } from '../../gen/usher/v1/ticket_pb';
import { dateInZone, gradeName, money, typeName } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { toFirstWrong } from '../../parts/field';
import { readAmount, writeAmount } from '../../state/amount';
import { announce } from '../../state/announce';
import { options, Task } from '../../state/organise';
import { readTypes, type Told, type Typed, typedOf } from '../../state/pricetypes';
import { msInZone, ownZone } from '../../state/zone';
import { Line, Refusal } from './form';
import { Types } from './types';

interface PricesProps {
  performance: Performance;
  onDone(): void;
}

const nameOf = (performance: Performance, category: number) =>
  gradeName(performance.hall?.categories[category]?.name ?? '');

/** Prices that wait for their time, each to be taken back. */
function Plans({ performance, task }: { performance: Performance; task: Task }) {
  const say = organiseWords.value;
  const plans = useSignal<PricePlan[]>([]);
  const { performanceId } = performance;
  const load = () =>
    task.do(async () => {
      plans.value = (await ticketDesk.listPricePlans({ performanceId }, options)).plans;
    });
  useEffect(() => void load(), [performanceId]);
  const takeBack = async (planId: string) => {
    const done = await task.do(async () => {
      await ticketDesk.endPricePlan({ performanceId, planId }, options);
    });
    if (done) announce(say.takenBack);
    await load();
  };
  if (plans.value.length === 0) return null;
  const zone = performance.timeZone || ownZone();
  return (
    <section aria-label={say.plansTitle}>
      <h3>{say.plansTitle}</h3>
      <ul class="org-list">
        {plans.value.map(({ planId, fromMs, prices, types }) => {
          const when = dateInZone(zone, Number(fromMs), 'full');
          return (
            <li key={planId} data-plan={planId}>
              <span>
                <strong>{when}</strong>
                <span class="soft">
                  {prices
                    .map(
                      (one) =>
                        `${nameOf(performance, one.category)} ${money(one.amount, performance)}`,
                    )
                    .concat(types.map(typeName))
                    .join(' · ')}
                </span>
              </span>
              <button
                type="button"
                class="plain"
                data-action="take-back"
                aria-label={`${say.takeBack}: ${when}`}
                onClick={() => void takeBack(planId)}
              >
                {say.takeBack}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const sameTypes = (a: readonly Told[], b: readonly Told[]): boolean => {
  const plain = (types: readonly Told[]) =>
    JSON.stringify(
      types.map(({ number, korean, english, amounts, proof, companion, most }) => [
        number,
        korean,
        english,
        amounts.map(String),
        proof,
        companion,
        most,
      ]),
    );
  return plain(a) === plain(b);
};

/** What the places of a date cost from now on, or from a time on; only what was changed is sent. */
export function ChangePrices({ performance, onDone }: PricesProps) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const form = useRef<HTMLFormElement>(null);
  const digits = performance.currencyDigits;
  const typed = useSignal<ReadonlyMap<number, string>>(
    new Map(performance.prices.map((one) => [one.category, writeAmount(one.amount, digits)])),
  );
  const types = useSignal<readonly Typed[]>(typedOf(performance.priceTypes, digits));
  const from = useSignal('');
  const tried = useSignal(false);
  const wanted = performance.prices.map(({ category, amount }) => ({
    category,
    was: amount,
    amount: readAmount(typed.value.get(category) ?? '', digits),
  }));
  const fromMs = from.value ? msInZone(from.value, performance.timeZone || ownZone()) : 0;
  const save = async () => {
    tried.value = true;
    const told = readTypes(types.value, digits);
    if (!told || fromMs === null || wanted.some(({ amount }) => amount === null)) {
      toFirstWrong(form.current);
      return;
    }
    const prices = wanted.flatMap(({ category, was, amount }) =>
      amount === null || amount === was ? [] : [{ category, amount }],
    );
    const done = await task.do(async () => {
      const others = !sameTypes(told, performance.priceTypes);
      if (prices.length === 0 && !others) return;
      const { performanceId } = performance;
      await ticketDesk.setPrices(
        {
          performanceId,
          prices,
          fromMs: BigInt(fromMs),
          ...(others ? { types: { types: told } } : {}),
        },
        options,
      );
    });
    if (!done) return;
    announce(fromMs === 0 ? say.pricesSaved : say.pricesPlanned);
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
            label={say.price(nameOf(performance, category))}
            name={`new-price-${category}`}
            value={typed.value.get(category) ?? ''}
            wrong={tried.value && amount === null ? say.badPrice : ''}
            onInput={(value) => {
              typed.value = new Map(typed.value).set(category, value);
            }}
          />
        ))}
        <Line
          label={say.pricesFrom}
          name="prices-from"
          type="datetime-local"
          hint={say.pricesFromHint}
          wrong={tried.value && fromMs === null ? say.badPricesFrom : ''}
          value={from.value}
          onInput={(value) => {
            from.value = value;
          }}
        />
      </div>
      <Types
        types={types.value}
        grades={(performance.hall?.categories ?? []).map(({ name }) => name)}
        tried={tried.value}
        digits={digits}
        onChange={(value) => {
          types.value = value;
        }}
      />
      <button type="submit" class="primary" data-action="set-prices" disabled={task.busy.value}>
        {say.save}
      </button>
      <Plans performance={performance} task={task} />
    </form>
  );
}
