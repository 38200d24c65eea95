import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import type { SaleReport } from '../../gen/usher/v1/ticket_manage_pb';
import { type Event, EventState, type Performance, SaleState } from '../../gen/usher/v1/ticket_pb';
import { count, money, starts } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { words } from '../../i18n/words';
import { Trouble } from '../../parts/trouble';
import {
  again,
  followOwn,
  lineOf,
  loadOwn,
  options,
  ownEvents,
  ownFailure,
} from '../../state/organise';
import { paths } from '../../state/route';
import { ahead, PlacesBar } from './figures';

const reports_ms = 5_000;
const reports_max = 24; // a performance each; what is further down is looked at on its own page

/** The organiser's events, with each date as it stands. */
export function Overview() {
  const say = organiseWords.value;
  const reports = useSignal<ReadonlyMap<number, SaleReport>>(new Map());
  useEffect(followOwn, []);
  const list = ownEvents.value;
  const ready = list !== null;
  useEffect(() => {
    if (!ready) return;
    return again(async () => {
      const dates = (ownEvents.peek() ?? [])
        .flatMap(({ performances }) => performances)
        .filter(({ saleState }) => saleState !== SaleState.DRAFT)
        .slice(0, reports_max);
      const answers = await Promise.all(
        dates.map(({ performanceId }) =>
          ticketDesk.getSaleReport({ performanceId }, options).catch(() => null),
        ),
      );
      const next = new Map(reports.peek());
      for (const one of answers) if (one) next.set(one.performanceId, one);
      reports.value = next;
    }, reports_ms);
  }, [ready, reports]);
  if (!list) {
    if (ownFailure.value)
      return <Trouble failure={ownFailure.value} retry={() => void loadOwn()} />;
    return <p class="loading">{words.value.loading}</p>;
  }
  return (
    <>
      <header class="org-head">
        <h1>{say.parts.home}</h1>
        <a class="primary" href={paths.organiseNew} data-action="new-event">
          {say.newEvent}
        </a>
      </header>
      {list.length === 0 ? (
        <section class="card">
          <h2>{say.noEvents}</h2>
          <p class="soft">{say.noEventsText}</p>
          <p>
            <a class="plain" href={paths.organise('halls')}>
              {say.firstHall}
            </a>
          </p>
        </section>
      ) : null}
      {list.map((event) => (
        <EventCard key={event.eventId} event={event} reports={reports.value} />
      ))}
    </>
  );
}

interface CardProps {
  event: Event;
  reports: ReadonlyMap<number, SaleReport>;
}

function EventCard({ event, reports }: CardProps) {
  const say = organiseWords.value;
  return (
    <section class="card org-event" data-event={event.eventId} data-state={EventState[event.state]}>
      <header class="org-event-head">
        <h2>{event.name}</h2>
        <StateOfEvent state={event.state} />
        <a
          class="quiet"
          href={paths.organiseEvent(event.eventId)}
          aria-label={`${say.edit}: ${event.name}`}
        >
          {say.edit}
        </a>
      </header>
      {event.performances.length === 0 ? <p class="soft">{say.noDates}</p> : null}
      <ul class="org-dates">
        {event.performances.map((one) => (
          <DateRow
            key={one.performanceId}
            performance={one}
            report={reports.get(one.performanceId)}
          />
        ))}
      </ul>
    </section>
  );
}

export function StateOfEvent({ state }: { state: EventState }) {
  const tone = state === EventState.PUBLISHED ? 'open' : 'draft';
  return <span class={`state state-${tone}`}>{organiseWords.value.states[state]}</span>;
}

export function StateOfSale({ state }: { state: SaleState }) {
  const tones: Record<number, string> = { [SaleState.OPEN]: 'open', [SaleState.PAUSED]: 'paused' };
  return (
    <span class={`state state-${tones[state] ?? 'draft'}`} data-sale={SaleState[state]}>
      {organiseWords.value.saleStates[state]}
    </span>
  );
}

interface RowProps {
  performance: Performance;
  report: SaleReport | undefined;
}

function DateRow({ performance, report }: RowProps) {
  const say = organiseWords.value;
  const { performanceId, hall } = performance;
  const counts = report?.counts ?? performance.counts;
  const line = lineOf(performanceId)?.status;
  return (
    <li data-performance={performanceId}>
      <a href={paths.organiseDate(performanceId)}>
        <span class="org-date-when">
          <strong>{starts(performance, 'short')}</strong>
          <span class="soft">{hall?.name}</span>
        </span>
        <StateOfSale state={performance.saleState} />
        {counts ? (
          <span class="org-date-places">
            <PlacesBar counts={counts} />
            <span class="soft numeric">
              {say.sold} {count(counts.sold)} · {say.held} {count(counts.held + counts.resting)} ·{' '}
              {say.free} {count(counts.free)}
            </span>
          </span>
        ) : null}
        <span class="org-date-sum numeric">
          {report ? money(report.soldTotal, report) : ''}
          {line ? (
            <span class="soft">
              {say.ahead} {count(ahead(line))} · {say.inside} {count(line.inside)}
            </span>
          ) : null}
        </span>
      </a>
    </li>
  );
}
