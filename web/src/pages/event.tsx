import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import '../style/event.css';
import { serverClock } from '../api/clock';
import { failure } from '../api/failure';
import { type Event, type Performance, SaleState } from '../gen/usher/v1/ticket_pb';
import { count, dateInZone, dateThere } from '../i18n/format';
import { lineWords } from '../i18n/line';
import { waitingWords } from '../i18n/waiting';
import { words } from '../i18n/words';
import { Calendar } from '../parts/calendar';
import { Grades } from '../parts/grades';
import { Notices } from '../parts/notices';
import { Poster } from '../parts/poster';
import { Trouble } from '../parts/trouble';
import { Until, useNow } from '../parts/until';
import { Venue } from '../parts/venue';
import { events, eventsFailure, followEvents, loadEvents, sales } from '../state/catalog';
import { hasBegun } from '../state/dates';
import { byDay, dayOf } from '../state/month';
import { paths } from '../state/route';
import type { SaleBrief } from '../state/sales';
import { datesOf, Stub } from './home';
import { Remind } from './remind';

/** One event: its picture, what it is, when its sale opens, its dates, and what a ticket costs. */
export function EventPage({ eventId }: { eventId: number }) {
  useEffect(followEvents, []);
  const event = events.value?.find((one) => one.eventId === eventId);
  useEffect(() => {
    if (event) document.title = `${event.name} · Usher`;
  }, [event]);
  if (!events.value) {
    if (eventsFailure.value)
      return <Trouble failure={eventsFailure.value} retry={() => void loadEvents()} />;
    return <p class="loading">{words.value.loading}</p>;
  }
  if (!event) return <Trouble failure={failure('NOT_FOUND')} />;
  return (
    <div class="home event-page">
      <article class="event" data-event={eventId}>
        <Poster
          name={event.name}
          lines={[datesOf(event), event.performances[0]?.hall?.name ?? '']}
          picture={event.poster}
        />
        <div class="event-text">
          <h1>{event.name}</h1>
          {event.description ? <p class="event-description">{event.description}</p> : null}
          {event.performances.length === 0 ? (
            <p class="event-where">{words.value.noPerformances}</p>
          ) : (
            <p class="event-where">
              <span>{event.performances[0]?.hall?.name}</span>
              <span>{datesOf(event)}</span>
            </p>
          )}
          {event.performances[0] ? <Venue performance={event.performances[0]} /> : null}
          <Openings event={event} />
          {mayBeReminded(event) ? <Remind eventId={eventId} /> : null}
          {event.performances.length > 0 ? <Dates event={event} /> : null}
        </div>
      </article>
    </div>
  );
}

/** When people are let in, and where, if the organiser says so. */
function Doors({ performance }: { performance: Performance }) {
  const say = words.value;
  const { doorsAtMs, gate, utcOffsetChoice } = performance;
  const lines = [
    doorsAtMs > 0n ? say.doorsOpen(dateThere(doorsAtMs, utcOffsetChoice.value, 'time')) : '',
    gate ? say.gate(gate) : '',
  ].filter(Boolean);
  return lines.length > 0 ? <p class="event-doors soft">{lines.join(' · ')}</p> : null;
}

/** Nothing is left, and what comes back is for those who wait. */
function ToWaitingList({ performance }: { performance: Performance }) {
  const { performanceId, offerMs, counts, saleState } = performance;
  if (!offerMs || (counts?.free ?? 0) > 0 || saleState !== SaleState.OPEN) return null;
  if (hasBegun(performance, serverClock.now())) return null;
  return (
    <a class="plain" data-action="to-waiting" href={paths.performance(performanceId)}>
      {waitingWords.value.open}
    </a>
  );
}

/** Something opens later, or nothing has opened yet. */
function mayBeReminded({ performances }: Event): boolean {
  const now = serverClock.now();
  const coming = performances.filter(({ startsAtMs }) => Number(startsAtMs) > now);
  const opens = coming.some(({ performanceId }) => {
    const stage = sales.value.get(performanceId)?.stage;
    return stage === 'announced' || stage === 'draw';
  });
  return opens || (coming.length > 0 && coming.every((one) => one.saleState === SaleState.DRAFT));
}

/** How long until the sales of the event open, by the server's clock. */
function Openings({ event }: { event: Event }) {
  const now = useNow();
  const own = new Map<number, SaleBrief>();
  for (const { performanceId } of event.performances) {
    const sale = sales.value.get(performanceId);
    if (sale && (sale.stage === 'announced' || sale.stage === 'draw') && sale.opensAtMs > now)
      own.set(sale.saleId, sale);
  }
  const say = lineWords.value;
  return [...own.values()].map((sale) => (
    <div key={sale.saleId} class="event-opening" data-opens={sale.opensAtMs}>
      <p class="soft">{say.opensIn}</p>
      <Until
        ms={sale.opensAtMs}
        label={say.opensIn}
        days={say.days}
        onOver={() => void loadEvents()}
      />
      <p class="soft">{say.opensAt(dateInZone(sale.timeZone, sale.opensAtMs, 'full'))}</p>
    </div>
  ));
}

/** Where there is more than one day, a calendar to choose it from; then its times, and what is left grade by grade. */
function Dates({ event }: { event: Event }) {
  const say = words.value;
  const wish = useSignal<number | null>(null);
  const days = byDay(event.performances);
  const now = serverClock.now();
  const next = event.performances.find((one) => !hasBegun(one, now)) ?? event.performances[0];
  const first = next ? dayOf(next) : 0;
  const chosen = wish.value !== null && days.has(wish.value) ? wish.value : first;
  const there = days.get(chosen) ?? [];
  const told = new Map(
    [...days].map(([day, list]) => {
      const left = list.reduce((sum, { counts }) => sum + (counts?.free ?? 0), 0);
      const over = list.every((one) => hasBegun(one, now));
      const text = [
        list.length > 1 ? say.timesOf(list.length) : '',
        over ? say.begun : left > 0 ? say.seatsLeft(count(left)) : say.soldOut,
      ];
      return [day, { text: text.filter(Boolean).join(', '), gone: over || left === 0 }] as const;
    }),
  );
  return (
    <>
      <section class="event-dates" aria-label={say.datesTitle}>
        {days.size > 1 ? (
          <Calendar
            days={told}
            chosen={chosen}
            onChoose={(day) => {
              wish.value = day;
            }}
          />
        ) : null}
        <div class="event-times">
          <ul class="dates">
            {there.map((performance) => (
              <li key={performance.performanceId} class="event-time">
                <Stub performance={performance} />
                <Doors performance={performance} />
                <Grades performance={performance} />
                <ToWaitingList performance={performance} />
              </li>
            ))}
          </ul>
        </div>
      </section>
      {there[0] ? <Notices performance={there[0]} /> : null}
    </>
  );
}
