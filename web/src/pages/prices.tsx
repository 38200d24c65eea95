import { useRef } from 'preact/hooks';
import { SeatKind } from '../gen/usher/v1/hall_pb';
import { count, gradeName, money } from '../i18n/format';
import { words } from '../i18n/words';
import { swatch } from '../map/palette';
import type { Plan } from '../map/plan';
import { useScrollStop } from '../parts/focus';
import { Icon } from '../parts/icon';
import { Stepper } from '../parts/stepper';
import { placesOf, withArea } from '../state/choice';
import type { Sale } from '../state/sale';
import { isDark } from '../state/theme';

/** The legend: what a colour costs and how many are left; and the standing areas, bought by number. */
export function Prices({ sale, plan }: { sale: Sale; plan: Plan }) {
  const say = words.value;
  const legend = useRef<HTMLUListElement>(null);
  useScrollStop(legend);
  const performance = sale.performance.value;
  const priceOf = (category: number) => {
    const price = performance?.prices.find((one) => one.category === category);
    return price ? money(price.amount, performance) : '';
  };
  const left = (free: number, held: number) =>
    free > 0 ? say.free(count(free)) : held > 0 ? say.allHeld : say.soldOut;
  const hidden = performance?.hiddenCategories ?? [];
  const only = sale.only.value;
  const areas = plan.sections.filter(({ standing }) => standing);
  return (
    <section class="prices" aria-label={say.prices}>
      <ul ref={legend} class={only === null ? 'legend' : 'legend legend-only'}>
        {plan.categories.map((category, index) => {
          if (category.places === 0) return null; // a plan may name prices that no seat has
          const free = sale.freeByCategory.value[index]; // not known before the first snapshot
          return (
            <li key={index} class={free === 0 ? 'legend-out' : ''}>
              <button
                type="button"
                aria-pressed={only === index}
                data-category={index}
                onClick={() => {
                  sale.only.value = only === index ? null : index;
                }}
              >
                <span
                  class="dot"
                  style={{ backgroundColor: swatch(category.color, isDark.value) }}
                  aria-hidden="true"
                />
                <span class="legend-name">
                  {gradeName(category.name)}
                  {hidden.includes(index) && ` · ${say.codeNeeded}`}
                </span>
                <b class="numeric">{priceOf(index)}</b>
                <span class="legend-free numeric">
                  {free === undefined ? '' : left(free, sale.heldByCategory.value[index] ?? 0)}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      <ul class="states">
        <li>
          <span class="dot dot-mine" aria-hidden="true" />
          {say.legendMine}
        </li>
        <li>
          <span class="dot dot-held" aria-hidden="true" />
          {say.legendHeld}
        </li>
        <li>
          <span class="dot dot-sold" aria-hidden="true" />
          {say.legendSold}
        </li>
        <li>
          <button
            type="button"
            class="states-toggle"
            aria-pressed={sale.bare.value}
            data-action="bare"
            onClick={() => {
              sale.bare.value = !sale.bare.value;
            }}
          >
            {say.onlyFree}
          </button>
        </li>
        {plan.kind.includes(SeatKind.WHEELCHAIR) ? (
          <li>
            <button
              type="button"
              class="states-toggle"
              aria-pressed={sale.accessible.value}
              data-action="accessible"
              onClick={() => {
                sale.accessible.value = !sale.accessible.value;
              }}
            >
              <Icon name="wheelchair" />
              {say.onlyAccessible}
            </button>
          </li>
        ) : null}
      </ul>
      {performance?.takesCodes ? (
        <label class="field">
          <span>{say.codeHere}</span>
          <input
            name="code"
            maxLength={64}
            value={sale.code.value}
            onInput={({ currentTarget }) => {
              sale.code.value = currentTarget.value;
            }}
          />
        </label>
      ) : null}
      {areas.length > 0 ? (
        <ul class="areas">
          {areas.map(({ index, name, category }) => {
            const free = sale.freeByArea.value.get(index) ?? 0;
            const others = placesOf(withArea(sale.choice.value, index, 0));
            return (
              <li key={index}>
                <div>
                  <strong>{name}</strong>
                  <span class="numeric">
                    {priceOf(category)} · {left(free, sale.heldByArea.value.get(index) ?? 0)}
                  </span>
                </div>
                <Stepper
                  label={name}
                  value={sale.choice.value.areas.get(index) ?? 0}
                  min={0}
                  max={Math.min(free, sale.limit.value - others)}
                  disabled={sale.busy.value !== null}
                  onChange={(quantity) => sale.setArea(index, quantity)}
                />
              </li>
            );
          })}
        </ul>
      ) : null}
    </section>
  );
}
