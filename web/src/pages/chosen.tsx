import { money } from '../i18n/format';
import { placeName } from '../i18n/place';
import { words } from '../i18n/words';
import type { Plan } from '../map/plan';
import { Icon } from '../parts/icon';
import { Later } from '../parts/later';
import type { Sale } from '../state/sale';
import { announceHold } from './held';

const loadRules = () => import('../parts/rules').then(({ Rules }) => Rules);

/** What is picked on the map, and the one button that takes it. */
export function Chosen({ sale, plan }: { sale: Sale; plan: Plan }) {
  const say = words.value;
  const { seats, areas } = sale.choice.value;
  const performance = sale.performance.value;
  const priceOf = (category: number) =>
    Number(performance?.prices.find((price) => price.category === category)?.amount ?? 0n);
  const places = sale.chosen.value;
  if (places === 0) {
    if (!sale.buyable.value) return null;
    return <p class="chosen chosen-none">{say.chosenNone}</p>;
  }
  let total = 0;
  for (const seat of seats) total += priceOf(plan.category[seat] ?? 0);
  for (const [section, quantity] of areas) {
    total += quantity * priceOf(plan.sections[section]?.category ?? 0);
  }
  const hold = async () => {
    if (await sale.holdChosen()) announceHold(sale);
  };
  return (
    <section
      class="chosen"
      tabIndex={-1}
      aria-labelledby="chosen-title"
      data-chosen={places}
      data-focus
    >
      <div class="chosen-head">
        <h2 id="chosen-title">{say.chosenTitle(places, sale.limit.value)}</h2>
        <button type="button" class="quiet" onClick={() => sale.clear()}>
          {say.clear}
        </button>
      </div>
      <ul class="chips">
        {seats.map((seat) => (
          <li key={seat}>
            <button
              type="button"
              class="chip"
              aria-label={say.remove(placeName(plan, seat))}
              data-seat={seat}
              onClick={() => sale.toggle(seat)}
            >
              {placeName(plan, seat)}
              <Icon name="close" />
            </button>
          </li>
        ))}
        {[...areas].map(([section, quantity]) => {
          const name = plan.sections[section]?.name ?? say.standing;
          return (
            <li key={`area ${section}`}>
              <button
                type="button"
                class="chip"
                aria-label={say.remove(name)}
                onClick={() => sale.setArea(section, 0)}
              >
                {name} × {quantity}
                <Icon name="close" />
              </button>
            </li>
          );
        })}
      </ul>
      {performance?.rules ? (
        <Later load={loadRules} props={{ sale, plan, rules: performance.rules }} />
      ) : null}
      <button
        type="button"
        class="primary wide"
        data-action="hold"
        disabled={sale.busy.value !== null || !sale.buyable.value || sale.ruled.value}
        onClick={() => void hold()}
      >
        <span>{sale.busy.value === 'hold' ? say.holding : say.holdAction(places)}</span>
        <span class="numeric">{money(total, performance)}</span>
      </button>
    </section>
  );
}
