import { useEffect } from 'preact/hooks';
import { passes } from '../api/client';
import { serverClock } from '../api/clock';
import { type Event, type Performance, SaleState } from '../gen/usher/v1/ticket_pb';
import { count, dateInZone, money, starts } from '../i18n/format';
import { words } from '../i18n/words';
import { HallPreview } from '../map/preview';
import { Availability } from '../parts/availability';
import { Icon } from '../parts/icon';
import { Trouble } from '../parts/trouble';
import { useNow } from '../parts/until';
import { events, eventsFailure, followEvents, loadEvents, sales } from '../state/catalogue';
import { clockText } from '../state/countdown';
import { hasBegun } from '../state/dates';
import { keptHold } from '../state/kept';
import { paths } from '../state/route';
import type { SaleBrief } from '../state/sales';
import { shelf } from '../state/shelf';

export function Home() {
  useEffect(followEvents, []);
  useEffect(() => {
    document.title = 'Usher';
  }, []);
  const say = words.value;
  const list = events.value;
  if (!list) {
    if (eventsFailure.value) {
      return <Trouble failure={eventsFailure.value} retry={() => void loadEvents()} />;
    }
    return <p class="loading">{say.loading}</p>;
  }
  if (list.length === 0) {
    return (
      <section class="trouble">
        <Icon name="ticket" />
        <h1>{say.noEvents}</h1>
        <p>{say.noEventsHint}</p>
      </section>
    );
  }
  const only = list.length === 1 ? list[0] : undefined;
  return (
    <div class="home">
      {only ? null : <h1 class="home-title">{say.eventsTitle}</h1>}
      {list.map((event) => (
        <EventCard key={event.eventId} event={event} alone={event === only} />
      ))}
      <footer class="foot">{say.tagline}</footer>
    </div>
  );
}

function EventCard({ event, alone }: { event: Event; alone: boolean }) {
  const say = words.value;
  const first = event.performances[0];
  const Title = alone ? 'h1' : 'h2';
  return (
    <article class={`event${alone ? ' event-alone' : ''}`}>
      {first?.hall ? (
        // For the mouse alone: the stubs below lead to the same place, and have words.
        <a
          class="event-picture"
          href={paths.performance(first.performanceId)}
          tabIndex={-1}
          aria-label={event.name}
        >
          <HallPreview layoutHash={first.hall.layoutHash} />
        </a>
      ) : null}
      <div class="event-text">
        <Title>{event.name}</Title>
        {event.description ? <p class="event-description">{event.description}</p> : null}
      </div>
      <ul class="stubs">
        {event.performances.map((performance) => (
          <Stub key={performance.performanceId} performance={performance} />
        ))}
        {event.performances.length === 0 ? <li class="none">{say.noPerformances}</li> : null}
      </ul>
    </article>
  );
}

function Stub({ performance }: { performance: Performance }) {
  const say = words.value;
  const { performanceId, hall, counts, saleState } = performance;
  const left = counts?.free ?? 0;
  const begun = hasBegun(performance, serverClock.now());
  const buyable = saleState === SaleState.OPEN && left > 0 && !begun;
  const held = keptHold(shelf, performanceId, serverClock.now()) !== null;
  const sale = sales.value.get(performanceId);
  const inLine =
    sale !== undefined &&
    sale.stage !== 'over' &&
    !held &&
    !begun &&
    !passes.ofPerformance(performanceId);
  return (
    <li>
      <a
        class="stub"
        href={inLine ? paths.line(sale.saleId, performanceId) : paths.performance(performanceId)}
        data-performance={performanceId}
      >
        <span class="stub-date" aria-hidden="true">
          <span>{starts(performance, 'month')}</span>
          <b>{starts(performance, 'dayNumber')}</b>
        </span>
        <span class="stub-text">
          <strong>{starts(performance, 'full')}</strong>
          <span>{hall?.name}</span>
          <span class="numeric">{priceRange(performance)}</span>
          {inLine ? <LineBrief sale={sale} /> : null}
        </span>
        <span class="stub-left">
          {counts ? <Availability counts={counts} state={saleState} begun={begun} /> : null}
        </span>
        <span class={`stub-go${held || buyable || inLine ? '' : ' stub-look'}`}>
          {held ? say.seeHeld : inLine ? say.joinLine : buyable ? say.chooseSeats : say.viewSeats}
          <Icon name="next" />
        </span>
      </a>
    </li>
  );
}

const soon_ms = 24 * 3_600_000;

/** When it opens, or how many wait. */
function LineBrief({ sale: { stage, opensAtMs, timeZone, waiting } }: { sale: SaleBrief }) {
  const say = words.value;
  const left = opensAtMs - useNow();
  if (stage === 'open') {
    return waiting > 0 ? <span class="stub-line">{say.waiting(count(waiting))}</span> : null;
  }
  const when = dateInZone(timeZone, opensAtMs, 'short');
  return (
    <span class="stub-line numeric">
      {[
        stage === 'draw' ? say.drawOpen : '',
        left > 0 && left < soon_ms ? say.opensIn(clockText(left)) : say.opensAt(when),
      ]
        .filter(Boolean)
        .join(' · ')}
    </span>
  );
}

function priceRange({ prices, currency }: Performance): string {
  const amounts = prices.map(({ amount }) => Number(amount));
  if (amounts.length === 0) return '';
  const low = Math.min(...amounts);
  const high = Math.max(...amounts);
  if (low === high) return money(low, currency);
  return words.value.priceFrom(money(low, currency), money(high, currency));
}
