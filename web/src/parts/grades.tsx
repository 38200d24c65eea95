import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call_ms, tickets } from '../api/client';
import type { GradeCounts, Performance } from '../gen/usher/v1/ticket_pb';
import { count, gradeName, money } from '../i18n/format';
import { words } from '../i18n/words';
import { swatch } from '../map/palette';
import { isDark } from '../state/theme';

const refresh_ms = 5_000;

/** What a place costs, grade by grade, and how many are left: kept fresh while it is looked at. */
export function Grades({ performance }: { performance: Performance }) {
  const say = words.value;
  const { performanceId, prices, hall } = performance;
  const left = useSignal<readonly GradeCounts[]>([]);
  useEffect(() => {
    const look = () =>
      tickets.getGrades({ performanceId }, { timeoutMs: call_ms }).then(
        ({ grades }) => {
          left.value = grades;
        },
        () => {}, // the prices stand without it
      );
    left.value = [];
    void look();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void look();
    }, refresh_ms);
    return () => clearInterval(timer);
  }, [performanceId, left]);
  const told = ({ free, soon }: GradeCounts) =>
    free > 0 ? say.seatsLeft(count(free)) : soon > 0 ? say.allHeld : say.soldOut;
  return (
    <dl class="grades" data-grades={performanceId}>
      {prices.map(({ category, amount }) => {
        const has = left.value.find((one) => one.category === category);
        const one = hall?.categories[category];
        return (
          <div key={category} class={has && has.free === 0 ? 'grades-out' : undefined}>
            <dt>
              <span
                class="dot"
                aria-hidden="true"
                style={{ backgroundColor: swatch(one?.color ?? 0, isDark.value) }}
              />
              {gradeName(one?.name ?? '')}
            </dt>
            <dd>
              <b class="numeric">{money(amount, performance)}</b>
              <span class="numeric">{has ? told(has) : ''}</span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
