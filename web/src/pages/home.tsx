import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { passes } from '../api/client';
import { serverClock } from '../api/clock';
import { type Event, type Performance, SaleState } from '../gen/usher/v1/ticket_pb';
import { count, dateInZone, money, starts } from '../i18n/format';
import { words } from '../i18n/words';
import { StateWord } from '../parts/availability';
import { Icon } from '../parts/icon';
import { Poster } from '../parts/poster';
import { Trouble } from '../parts/trouble';
import { useNow } from '../parts/until';
import { events, eventsFailure, followEvents, loadEvents, sales } from '../state/catalog';
import { clockText } from '../state/countdown';
import { hasBegun, past, search, upcoming } from '../state/dates';
import { keptHold } from '../state/kept';
import { paths } from '../state/route';
import type { SaleBrief } from '../state/sales';
import { toldCounts } from '../state/seats';
import { storage } from '../state/storage';

const search_from = 5; // events: below that all are seen at once

export function Home() {
  return <Programme title={words.value.eventsTitle} choose={upcoming} />;
}

/** The archive: what was. */
export function Past() {
  return <Programme title={words.value.pastTitle} choose={past} archive />;
}

interface ProgrammeProps {
  title: string;
  choose(list: readonly Event[], nowMs: number): Event[];
  archive?: boolean;
}

function Programme({ title, choose, archive = false }: ProgrammeProps) {
  const wish = useSignal('');
  useEffect(followEvents, []);
  useEffect(() => {
    document.title = archive ? `${title} · Usher` : 'Usher';
  }, [archive, title]);
  const say = words.value;
  if (!events.value) {
    if (eventsFailure.value) {
      return <Trouble failure={eventsFailure.value} retry={() => void loadEvents()} />;
    }
    return <Waiting />;
  }
  const now = serverClock.now();
  const list = choose(events.value, now);
  const over = archive ? 0 : past(events.value, now).length;
  const found = search(list, wish.value);
  const only = list.length === 1 && !archive ? list[0] : undefined;
  return (
    <div class="home">
      {only ? null : (
        <div class="home-head">
          <h1>{title}</h1>
          {list.length >= search_from ? <Search wish={wish} /> : null}
        </div>
      )}
      {list.length === 0 ? <Nothing archive={archive} /> : null}
      {list.length > 0 && found.length === 0 ? (
        <output class="none">{say.noMatch(wish.value)}</output>
      ) : null}
      <div class={only ? 'programme programme-one' : 'programme'}>
        {found.map((event) => (
          <EventCard key={event.eventId} event={event} alone={event === only} />
        ))}
      </div>
      <p class="home-more">
        {archive ? <a href={paths.home}>{say.back}</a> : null}
        {over > 0 ? <a href={paths.past}>{say.pastLink(over)}</a> : null}
      </p>
    </div>
  );
}

function Nothing({ archive }: { archive: boolean }) {
  const say = words.value;
  return (
    <section class="trouble">
      <Icon name="ticket" />
      <h2>{archive ? say.noPast : say.noEvents}</h2>
      {archive ? null : <p>{say.noEventsHint}</p>}
    </section>
  );
}

/** The shape of what is to come. */
function Waiting() {
  return (
    <div class="home" aria-busy="true">
      <p class="unseen">{words.value.loading}</p>
      <div class="programme">
        {[1, 2, 3, 4].map((n) => (
          <div key={n} class="event" aria-hidden="true">
            <div class="poster bone" />
            <div class="bone bone-line" />
            <div class="bone bone-line bone-short" />
          </div>
        ))}
      </div>
    </div>
  );
}

function Search({ wish }: { wish: Signal<string> }) {
  const say = words.value;
  return (
    <search class="search">
      <Icon name="search" />
      <input
        type="search"
        name="search"
        aria-label={say.search}
        placeholder={say.search}
        autocomplete="off"
        value={wish.value}
        onInput={({ currentTarget }) => {
          wish.value = currentTarget.value;
        }}
      />
    </search>
  );
}

const dates_shown = 3;

/** From its first day to its last. */
export function datesOf({ performances }: Event): string {
  const first = performances[0];
  const last = performances.at(-1);
  return first && last
    ? [...new Set([starts(first, 'day'), starts(last, 'day')])].join(' – ')
    : words.value.noPerformances;
}

function EventCard({ event, alone }: { event: Event; alone: boolean }) {
  const say = words.value;
  const all = useSignal(false);
  const { performances, name } = event;
  const [first] = performances;
  const Title = alone ? 'h1' : 'h2';
  const shown = all.value || alone ? performances : performances.slice(0, dates_shown);
  const rest = performances.length - shown.length;
  const lines = [datesOf(event), first?.hall?.name ?? ''];
  const poster = <Poster name={name} lines={lines} picture={event.poster} />;
  return (
    <article class={`event${alone ? ' event-alone' : ''}`}>
      {first ? (
        // For the mouse alone: the dates below lead to the same place, and have words.
        <a class="event-picture" href={goTo(first).path} tabIndex={-1}>
          <span class="unseen">{name}</span>
          {poster}
        </a>
      ) : (
        poster
      )}
      <div class="event-text">
        <Title>
          <a class="event-name" href={paths.event(event.eventId)}>
            {name}
          </a>
        </Title>
        {event.description ? <p class="event-description">{event.description}</p> : null}
        {first ? (
          <p class="event-where">
            <span>{first.hall?.name}</span>
            <span class="numeric">{priceRange(first)}</span>
          </p>
        ) : (
          <p class="event-where">{say.noPerformances}</p>
        )}
        <ul class="dates">
          {shown.map((performance) => (
            <li key={performance.performanceId}>
              <Stub performance={performance} />
            </li>
          ))}
        </ul>
        {rest > 0 ? (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              all.value = true;
            }}
          >
            {say.moreDates(rest)}
          </button>
        ) : null}
      </div>
    </article>
  );
}

/** Where a date leads: to the seats, or first into the line. */
function goTo(performance: Performance): { path: string; held: boolean; line?: SaleBrief } {
  const { performanceId } = performance;
  const now = serverClock.now();
  const held = keptHold(storage, performanceId, now) !== null;
  const sale = sales.value.get(performanceId);
  const inLine =
    sale !== undefined &&
    sale.stage !== 'over' &&
    !held &&
    !hasBegun(performance, now) &&
    !passes.ofPerformance(performanceId);
  return inLine
    ? { path: paths.line(sale.saleId, performanceId), held, line: sale }
    : { path: paths.performance(performanceId), held };
}

/** One date: when, how it stands, and the way there. */
export function Stub({ performance }: { performance: Performance }) {
  const say = words.value;
  const { performanceId, counts, saleState } = performance;
  const left = counts?.free ?? 0;
  const begun = hasBegun(performance, serverClock.now());
  const buyable = saleState === SaleState.OPEN && left > 0 && !begun;
  const { path, held, line } = goTo(performance);
  const word = held ? say.seeHeld : line ? say.joinLine : buyable ? say.chooseSeats : say.viewSeats;
  return (
    <a class="date" href={path} data-performance={performanceId}>
      <span class="date-text">
        <strong>{starts(performance, 'short')}</strong>
        {line ? <LineBrief sale={line} /> : null}
        {counts ? <Left counts={toldCounts(counts)} state={saleState} begun={begun} /> : null}
      </span>
      <span class={`date-go${held || buyable || line ? '' : ' date-look'}`}>
        {word}
        <Icon name="next" />
      </span>
    </a>
  );
}

/** How much of it is left, in words; where it is nearly gone, how few. */
function Left({
  counts,
  state,
  begun,
}: {
  counts: ReturnType<typeof toldCounts>;
  state: SaleState;
  begun: boolean;
}) {
  const { free, held, sold } = counts;
  const selling = state === SaleState.OPEN && free > 0 && !begun;
  return (
    <span class="date-left">
      <StateWord state={state} counts={counts} begun={begun} />
      {selling && free < few && free < (free + held + sold) / few_of ? (
        <span class="numeric">{words.value.seatsLeft(count(free))}</span>
      ) : null}
    </span>
  );
}

const few = 300; // seats left, and
const few_of = 5; // less than a fifth of the hall

const soon_ms = 24 * 3_600_000;

/** When it opens, or how many wait. */
function LineBrief({ sale: { stage, opensAtMs, timeZone, waiting } }: { sale: SaleBrief }) {
  const say = words.value;
  const left = opensAtMs - useNow();
  if (stage === 'open') {
    return waiting > 0 ? <span class="date-line">{say.waiting(count(waiting))}</span> : null;
  }
  const when = dateInZone(timeZone, opensAtMs, 'short');
  return (
    <span class="date-line numeric">
      {[
        stage === 'draw' ? say.drawOpen : '',
        left > 0 && left < soon_ms ? say.opensIn(clockText(left)) : say.opensAt(when),
      ]
        .filter(Boolean)
        .join(' · ')}
    </span>
  );
}

function priceRange(performance: Performance): string {
  const amounts = performance.prices.map(({ amount }) => Number(amount));
  if (amounts.length === 0) return '';
  const low = Math.min(...amounts);
  const high = Math.max(...amounts);
  if (low === high) return money(low, performance);
  return words.value.priceFrom(money(low, performance), money(high, performance));
}
