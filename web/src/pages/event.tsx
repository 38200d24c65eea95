import { useEffect } from 'preact/hooks';
import '../style/event.css';
import { failure } from '../api/failure';
import type { Event, Performance } from '../gen/usher/v1/ticket_pb';
import { dateInZone, money } from '../i18n/format';
import { lineWords } from '../i18n/line';
import { words } from '../i18n/words';
import { Poster } from '../parts/poster';
import { Trouble } from '../parts/trouble';
import { Until, useNow } from '../parts/until';
import { events, eventsFailure, followEvents, loadEvents, sales } from '../state/catalog';
import type { SaleBrief } from '../state/sales';
import { datesOf, Stub } from './home';

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
    <div class="home">
      <article class="event event-alone" data-event={eventId}>
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
            <p class="event-where">{event.performances[0]?.hall?.name}</p>
          )}
          <Openings event={event} />
          <ul class="dates">
            {event.performances.map((performance) => (
              <Stub key={performance.performanceId} performance={performance} />
            ))}
          </ul>
          {event.performances[0] ? <PriceList performance={event.performances[0]} /> : null}
        </div>
      </article>
    </div>
  );
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

function PriceList({ performance }: { performance: Performance }) {
  const { hall, prices } = performance;
  return (
    <section class="event-prices">
      <h2>{words.value.pricesTitle}</h2>
      <dl>
        {prices.map(({ category, amount }) => (
          <div key={category}>
            <dt>{hall?.categories[category]?.name}</dt>
            <dd class="numeric">{money(amount, performance)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
