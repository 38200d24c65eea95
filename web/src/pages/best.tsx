import { SeatKind } from '../gen/usher/v1/hall_pb';
import { gradeName, money } from '../i18n/format';
import { words } from '../i18n/words';
import type { Plan } from '../map/plan';
import { Stepper } from '../parts/stepper';
import type { Sale } from '../state/sale';
import { announceHold } from './held';

/** Seats without the map: how many, for what price, and the hall finds the best. */
export function BestPicker({ sale, plan }: { sale: Sale; plan: Plan }) {
  const say = words.value;
  const wish = sale.wish.value;
  const performance = sale.performance.value;
  const find = async () => {
    if (await sale.holdBest()) announceHold(sale);
  };
  return (
    <section class="best" aria-labelledby="best-title">
      <h2 id="best-title">{say.bestTitle}</h2>
      <div class="best-row">
        <Stepper
          label={say.bestParty}
          value={wish.party}
          min={1}
          max={sale.limit.value}
          onChange={(party) => {
            sale.wish.value = { ...wish, party };
          }}
        />
        <label class="select">
          <span class="unseen">{say.bestCategory}</span>
          <select
            value={wish.category === null ? '' : String(wish.category)}
            onChange={({ currentTarget: { value } }) => {
              sale.wish.value = { ...wish, category: value === '' ? null : Number(value) };
            }}
          >
            <option value="">{say.anyPrice}</option>
            {performance?.prices
              .filter(({ category }) => plan.categories[category]?.places)
              .map(({ category, amount }) => (
                <option key={category} value={category}>
                  {gradeName(plan.categories[category]?.name ?? '')} · {money(amount, performance)}
                </option>
              ))}
          </select>
        </label>
      </div>
      {plan.kind.includes(SeatKind.WHEELCHAIR) ? (
        <div class="best-row best-kind">
          <span aria-hidden="true">{say.wheelchairs}</span>
          <Stepper
            label={say.wheelchairs}
            value={Math.min(wish.wheelchairs ?? 0, wish.party)}
            min={0}
            max={wish.party}
            onChange={(wheelchairs) => {
              sale.wish.value = { ...wish, wheelchairs };
            }}
          />
        </div>
      ) : null}
      {plan.kind.includes(SeatKind.RESTRICTED_VIEW) ? (
        <label class="best-kind check">
          <input
            type="checkbox"
            name="restricted-view"
            checked={wish.restrictedView ?? false}
            onChange={({ currentTarget: { checked } }) => {
              sale.wish.value = { ...wish, restrictedView: checked };
            }}
          />
          <span>{say.restrictedView}</span>
        </label>
      ) : null}
      <button
        type="button"
        class="plain wide"
        data-action="best"
        disabled={!sale.buyable.value || sale.busy.value !== null}
        onClick={() => void find()}
      >
        {sale.busy.value === 'best' ? say.holding : say.bestAction(wish.party)}
      </button>
    </section>
  );
}
