import { useEffect } from 'preact/hooks';
import type { SaleRules } from '../gen/usher/v1/ledger_pb';
import { gradeName } from '../i18n/format';
import { placeName } from '../i18n/place';
import { ruleWords } from '../i18n/rules';
import type { Plan } from '../map/plan';
import { leftAlone } from '../state/alone';
import { announce } from '../state/announce';
import type { Sale } from '../state/sale';
import { Notice } from './notice';

interface RulesProps {
  sale: Sale;
  plan: Plan;
  rules: SaleRules;
}

/** What the sale's rules have against the choice: told before it is held, and refused by the server if it is. */
export function Rules({ sale, plan, rules }: RulesProps) {
  const say = ruleWords.value;
  const { seats, areas } = sale.choice.value;
  sale.version.value; // what is free changes
  const alone = rules.noOrphans ? leftAlone(plan, seats, (seat) => sale.isFree(seat)) : [];
  const over = rules.categoryPlaces.findIndex((most, category) => {
    let chosen = seats.filter((seat) => plan.category[seat] === category).length;
    for (const [section, quantity] of areas)
      if (plan.sections[section]?.category === category) chosen += quantity;
    return most > 0 && chosen > most;
  });
  const names = alone.map((seat) => placeName(plan, seat)).join(' · ');
  const overName = over < 0 ? '' : gradeName(plan.categories[over]?.name ?? '');
  const title =
    over >= 0
      ? say.most(overName, rules.categoryPlaces[over] ?? 0)
      : alone.length > 0
        ? say.alone(names)
        : '';
  useEffect(() => {
    sale.ruled.value = title !== '';
    if (title) announce(title);
    return () => {
      sale.ruled.value = false;
    };
  }, [sale, title]);
  if (!title) return null;
  const free = sale.limit.value - sale.chosen.value;
  return (
    <Notice
      tone="warn"
      icon="alert"
      title={title}
      text={over >= 0 ? say.mostText : say.aloneText}
      reason={over >= 0 ? 'CATEGORY_LIMIT_REACHED' : 'SEAT_LEFT_ALONE'}
    >
      {over < 0 && alone.length <= free ? (
        <button
          type="button"
          class="small"
          data-action="take-too"
          onClick={() => {
            for (const seat of alone) sale.toggle(seat);
          }}
        >
          {say.takeToo(alone.length)}
        </button>
      ) : null}
    </Notice>
  );
}
