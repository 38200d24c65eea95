import { PersonRule } from '../gen/usher/v1/ticket_pb';
import { money } from '../i18n/format';
import { placeName } from '../i18n/place';
import { words } from '../i18n/words';
import type { Plan } from '../map/plan';
import { Later } from '../parts/later';
import { Notice } from '../parts/notice';
import { paths } from '../state/route';
import type { Sale } from '../state/sale';
import { announceHold } from './held';

const loadKinds = () => import('../parts/kinds').then(({ OtherKinds }) => OtherKinds);

const wayToProve = (sale: Sale) => {
  const kind = sale.performance.value?.personRule === PersonRule.PHONE ? 'phone' : 'identity';
  return paths.prove(kind, location.pathname + location.search);
};

/** Why the last thing did not work, and the way on from there. */
export function Refusal({ sale, plan }: { sale: Sale; plan: Plan }) {
  const say = words.value;
  const failure = sale.failure.value;
  const overtaken = sale.overtaken.value;
  const busy = sale.busy.value !== null;
  const prices = sale.performance.value?.prices ?? [];
  /** A seat by its name and price. */
  const priced = (seat: number) => {
    const price = prices.find(({ category }) => category === plan.category[seat]);
    const amount = price ? ` (${money(price.amount, sale.performance.value)})` : '';
    return `${placeName(plan, seat)}${amount}`;
  };
  if (!failure) {
    if (overtaken.length === 0 && sale.repriced.value)
      return (
        <Notice
          tone="warn"
          icon="alert"
          title={say.repriced}
          text={say.repricedText}
          dismiss={{
            label: say.dismiss,
            run: () => {
              sale.repriced.value = false;
            },
          }}
        />
      );
    if (overtaken.length === 0) return null;
    const names = overtaken.map((seat) => placeName(plan, seat)).join(' · ');
    const instead = sale.instead.value.filter((seat) => sale.isFree(seat));
    sale.version.value; // what is offered may be taken as well
    return (
      <Notice
        tone="warn"
        icon="alert"
        title={say.overtaken(names)}
        text={instead.length > 0 ? say.nearestAre(instead.map(priced).join(' · ')) : ''}
        dismiss={{
          label: say.dismiss,
          run: () => {
            sale.overtaken.value = [];
          },
        }}
      >
        {instead.length > 0 ? (
          <button
            type="button"
            class="small"
            data-action="instead"
            onClick={() => sale.takeInstead()}
          >
            {say.takeInstead(instead.length)}
          </button>
        ) : null}
      </Notice>
    );
  }
  const noRun = failure.reason === 'NO_ADJACENT_SEATS';
  if (noRun && failure.nearest.length > 0)
    return <Later load={loadKinds} props={{ sale, plan, seats: failure.nearest, priced }} />;
  const { title, text } = say.failures[failure.reason];
  const details = [
    failure.reason === 'SEATS_TAKEN' &&
      failure.seats.length > 0 &&
      `${failure.seats.map((seat) => placeName(plan, seat)).join(' · ')}.`,
    text,
    failure.nearest.length > 0 && say.nearestAre(failure.nearest.map(priced).join(' · ')),
    failure.reason === 'LIMIT_REACHED' && say.limitHint(sale.limit.value),
  ];
  const nearest = async () => {
    if (await sale.holdNearest()) announceHold(sale);
  };
  const again = async () => {
    if (await sale.holdAgain()) announceHold(sale);
  };
  const apart = async () => {
    if (await sale.holdBest(true)) announceHold(sale);
  };
  return (
    <Notice
      tone="bad"
      icon={failure.reason === 'OFFLINE' ? 'offline' : 'alert'}
      title={title(failure.seats.length)}
      text={details.filter(Boolean).join(' ')}
      reason={failure.reason}
      dismiss={{
        label: say.dismiss,
        run: () => {
          sale.failure.value = null;
        },
      }}
    >
      {failure.reason === 'PERSON_NEEDED' ? (
        <a class="plain" data-action="prove" href={wayToProve(sale)}>
          {words.value.proveNow}
        </a>
      ) : null}
      {failure.reason === 'HOLD_EXPIRED' && sale.ended.value.length > 0 ? (
        <button
          type="button"
          class="small"
          data-action="again"
          disabled={busy || !sale.buyable.value}
          onClick={() => void again()}
        >
          {say.takeAgain(sale.ended.value.length)}
        </button>
      ) : null}
      {failure.nearest.length > 0 ? (
        <button
          type="button"
          class="small"
          data-action="nearest"
          disabled={busy}
          onClick={() => void nearest()}
        >
          {say.takeNearest(failure.nearest.length)}
        </button>
      ) : null}
      {noRun && sale.freeOfWish() >= sale.wish.value.party ? (
        <button
          type="button"
          class="small"
          data-action="apart"
          disabled={busy}
          onClick={() => void apart()}
        >
          {say.takeApart(sale.wish.value.party)}
        </button>
      ) : null}
    </Notice>
  );
}
