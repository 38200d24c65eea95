import { useSignal } from '@preact/signals';
import { dateInZone } from '../i18n/format';
import { language, words } from '../i18n/words';
import { firstDayOf, momentOf, monthOf, weeksOf } from '../state/month';
import { Icon } from './icon';

interface CalendarProps {
  /** What is told of a day that can be chosen; a day that is not here can not. */
  days: ReadonlyMap<number, { text: string; gone: boolean }>;
  chosen: number;
  onChoose(day: number): void;
}

const written = (day: number, style: 'monthYear' | 'weekday' | 'day' | 'dayNumber') =>
  dateInZone('UTC', momentOf(day), style);

/** A month at a time; days with something on are buttons. */
export function Calendar({ days, chosen, onChoose }: CalendarProps) {
  const say = words.value;
  const months = [...new Set([...days.keys()].map(monthOf))].sort((a, b) => a - b);
  const shown = useSignal(monthOf(chosen));
  const at = Math.max(0, months.indexOf(shown.value));
  const month = months[at] ?? shown.value;
  const weeks = weeksOf(month, language.value === 'ko' ? 0 : 1);
  const turn = (by: number) => () => {
    shown.value = months[at + by] ?? month;
  };
  return (
    <div class="calendar">
      <div class="calendar-head">
        <h2 aria-live="polite">{written(firstDayOf(month), 'monthYear')}</h2>
        {months.length > 1 ? (
          <div>
            <button
              type="button"
              class="quiet"
              aria-label={say.monthBefore}
              disabled={at === 0}
              onClick={turn(-1)}
            >
              <Icon name="back" />
            </button>
            <button
              type="button"
              class="quiet"
              aria-label={say.monthAfter}
              disabled={at >= months.length - 1}
              onClick={turn(1)}
            >
              <Icon name="next" />
            </button>
          </div>
        ) : null}
      </div>
      <table>
        <thead>
          <tr>
            {(weeks[1] ?? []).map((day) => (
              <th key={day} scope="col">
                {written(day ?? 0, 'weekday')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week, n) => (
            <tr key={n}>
              {week.map((day, k) => {
                if (day === null) return <td key={k} />;
                const has = days.get(day);
                const number = written(day, 'dayNumber');
                return (
                  <td key={k}>
                    {has ? (
                      <button
                        type="button"
                        class={has.gone ? 'calendar-gone' : undefined}
                        aria-pressed={day === chosen}
                        data-day={day}
                        onClick={() => onChoose(day)}
                      >
                        {number}
                        <span class="unseen">{`, ${has.text}`}</span>
                      </button>
                    ) : (
                      <span>{number}</span>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
