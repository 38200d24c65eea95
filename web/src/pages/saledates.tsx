import { useEffect } from 'preact/hooks';
import { starts } from '../i18n/format';
import { words } from '../i18n/words';
import { events, loadEvents } from '../state/catalog';
import { paths } from '../state/route';

interface SaleDatesProps {
  ids: readonly number[];
  wished: number; // 0: none yet
  text: string;
}

/** The performances of a sale: one is gone to at once, of several one is chosen. */
export function SaleDates({ ids, wished, text }: SaleDatesProps) {
  const only = ids.includes(wished) ? wished : ids.length === 1 ? ids[0] : undefined;
  useEffect(() => {
    if (only === undefined && !events.value) void loadEvents();
  }, [only]);
  if (only !== undefined) {
    return (
      <a class="primary wide" data-action="seats" href={paths.performance(only)}>
        {text}
      </a>
    );
  }
  const list = (events.value ?? []).flatMap(({ performances }) =>
    performances.filter(({ performanceId }) => ids.includes(performanceId)),
  );
  if (list.length === 0) return <p class="soft">{words.value.loading}</p>;
  return (
    <ul class="sale-dates">
      {list.map((performance) => (
        <li key={performance.performanceId}>
          <a class="plain wide" href={paths.performance(performance.performanceId)}>
            {performance.eventName} · {starts(performance, 'full')}
          </a>
        </li>
      ))}
    </ul>
  );
}
