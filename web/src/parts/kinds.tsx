import { SeatKind } from '../gen/usher/v1/hall_pb';
import { kindWords } from '../i18n/kinds';
import { words } from '../i18n/words';
import type { Plan } from '../map/plan';
import { announceHold } from '../pages/held';
import type { Sale } from '../state/sale';
import { Notice } from './notice';

interface OtherKindsProps {
  sale: Sale;
  plan: Plan;
  /** The best free place of each other kind. */
  seats: readonly number[];
  /** A seat by its name, kind and price. */
  priced: (seat: number) => string;
}

/** No ordinary place is free, and places of other kinds are: what they are, and how to ask for them. */
export function OtherKinds({ sale, plan, seats, priced }: OtherKindsProps) {
  const say = kindWords.value;
  const has = (kind: SeatKind) => seats.some((seat) => plan.kind[seat] === kind);
  const wheelchair = has(SeatKind.WHEELCHAIR);
  const ask = async (more: Partial<Sale['wish']['value']>) => {
    sale.wish.value = { ...sale.wish.value, ...more };
    if (await sale.holdBest()) announceHold(sale);
  };
  const offer = (action: string, label: string, more: Partial<Sale['wish']['value']>) => (
    <button
      type="button"
      class="small"
      data-action={action}
      disabled={sale.busy.value !== null}
      onClick={() => void ask(more)}
    >
      {label}
    </button>
  );
  return (
    <Notice
      tone="bad"
      icon="alert"
      title={say.title}
      text={[say.left(seats.map(priced).join(' · ')), wheelchair && say.wheelchairText]
        .filter(Boolean)
        .join(' ')}
      reason="NO_ADJACENT_SEATS"
      dismiss={{
        label: words.value.dismiss,
        run: () => {
          sale.failure.value = null;
        },
      }}
    >
      {has(SeatKind.RESTRICTED_VIEW)
        ? offer('restricted', say.restricted, { restrictedView: true })
        : null}
      {wheelchair ? offer('wheelchair', say.wheelchair, { wheelchairs: 1 }) : null}
    </Notice>
  );
}
