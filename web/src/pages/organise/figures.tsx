// Figures of a sale: how a hall's places are shared out, and what a line does.

import type { Counts } from '../../gen/usher/v1/ticket_pb';
import type { SaleStatus } from '../../gen/usher/v1/waitroom_pb';
import { count } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';

export interface Figure {
  name: string;
  label: string;
  value: string;
}

export function Figures({ list }: { list: readonly Figure[] }) {
  return (
    <dl class="figures">
      {list.map(({ name, label, value }) => (
        <div key={name} data-figure={name}>
          <dt>{label}</dt>
          <dd class="numeric">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Sold, held and free as parts of a line: the words beside it say the same. */
export function PlacesBar({ counts }: { counts: Counts }) {
  const { free, held, sold, resting, blocked } = counts;
  const all = Math.max(1, free + held + sold + resting + blocked);
  const part = (n: number) => `${((100 * n) / all).toFixed(2)}%`;
  const say = organiseWords.value;
  return (
    <div
      class="places-bar"
      role="img"
      aria-label={say.bar(count(sold), count(held + resting), count(free))}
    >
      <span class="places-sold" style={{ width: part(sold) }} />
      <span class="places-held" style={{ width: part(held + resting) }} />
      <span class="places-blocked" style={{ width: part(blocked) }} />
    </div>
  );
}

export function countFigures(counts: Counts): Figure[] {
  const say = organiseWords.value;
  return (['free', 'held', 'sold', 'resting', 'blocked'] as const).map((name) => ({
    name,
    label: say[name],
    value: count(counts[name]),
  }));
}

/** How many wait: numbers that were given and not served yet. */
export const ahead = ({ last, serving }: SaleStatus) =>
  Number(last > serving ? last - serving : 0n);

export function lineFigures(status: SaleStatus): Figure[] {
  const say = organiseWords.value;
  return [
    { name: 'line', label: say.line, value: say.lineStates[status.state] ?? '' },
    ...(status.entrants > 0
      ? [{ name: 'entrants', label: say.inDraw, value: count(status.entrants) }]
      : []),
    { name: 'ahead', label: say.ahead, value: count(ahead(status)) },
    {
      name: 'inside',
      label: say.inside,
      value: `${count(status.inside)} / ${count(status.capacity)}`,
    },
    { name: 'rate', label: say.rate, value: count(status.ratePerMin) },
  ];
}
