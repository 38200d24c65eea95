import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import '../style/door.css';
import { signIn } from '../api/client';
import { serverClock } from '../api/clock';
import { CheckInResult, Direction, type DoorTicket } from '../gen/usher/v1/door_pb';
import type { Performance } from '../gen/usher/v1/ticket_pb';
import { doorWords } from '../i18n/door';
import { count, date, gradeOf, seatName, starts } from '../i18n/format';
import { words } from '../i18n/words';
import { Camera } from '../parts/camera';
import { Field } from '../parts/field';
import { Icon, type IconName } from '../parts/icon';
import { Notice } from '../parts/notice';
import { Trouble } from '../parts/trouble';
import { announce } from '../state/announce';
import { beep, type Tone } from '../state/beep';
import { events, followEvents } from '../state/catalog';
import { DoorBook, searchTickets, type Verdict } from '../state/doorbook';
import { keepPage } from '../state/keeppage';
import { paths } from '../state/route';

const begun_ms = 24 * 3_600_000; // a door is open long after the start, too

/** Letting guests in: first which performance, then one code after the other. */
export function DoorPage({ performanceId }: { performanceId: number }) {
  const say = doorWords.value;
  useEffect(() => {
    document.title = `${say.title} · Usher`;
  }, [say]);
  if (!signIn.who.value) {
    return (
      <section class="trouble">
        <Icon name="ticket" />
        <h1>{say.title}</h1>
        <p>{say.signInText}</p>
        <p class="trouble-actions">
          <a class="primary" href={paths.signIn(paths.door(performanceId))}>
            {words.value.signIn}
          </a>
        </p>
      </section>
    );
  }
  return performanceId ? <Door key={performanceId} performanceId={performanceId} /> : <Which />;
}

function Which() {
  const say = doorWords.value;
  useEffect(followEvents, []);
  const list = events.value;
  if (!list) return <p class="loading">{words.value.loading}</p>;
  const from = serverClock.now() - begun_ms;
  const all = list
    .flatMap(({ performances }) => performances)
    .filter(({ startsAtMs }) => Number(startsAtMs) > from)
    .sort((a, b) => Number(a.startsAtMs - b.startsAtMs));
  return (
    <div class="sheet">
      <h1>{say.which}</h1>
      <p class="soft">{say.whichText}</p>
      <ul class="door-list">
        {all.map((one: Performance) => (
          <li key={one.performanceId}>
            <a href={paths.door(one.performanceId)} data-performance={one.performanceId}>
              <strong>{one.eventName}</strong>
              <span>
                {starts(one, 'full')} · {one.hall?.name}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Door({ performanceId }: { performanceId: number }) {
  const say = doorWords.value;
  const book = useMemo(() => new DoorBook(performanceId), [performanceId]);
  const direction = useSignal(Direction.IN);
  const camera = useSignal(false);
  useEffect(() => {
    book.start();
    return () => book.stop();
  }, [book]);
  useEffect(() => {
    // The decoder and all else that a door needs is loaded now, and kept for when there is no network.
    if (book.ready.value && !book.offline.peek())
      void import('qr/decode.js').then(keepPage, () => undefined);
  }, [book.ready.value, book]);
  if (book.lost.value) {
    const { reason } = book.lost.value;
    return reason === 'NOT_ALLOWED' || reason === 'NOT_FOUND' ? (
      <section class="trouble">
        <Icon name="alert" />
        <h1>{say.notStaff}</h1>
        <p>{say.notStaffText}</p>
        <p class="trouble-actions">
          <a class="plain" href={paths.door(0)}>
            {say.which}
          </a>
        </p>
      </section>
    ) : (
      <Trouble failure={book.lost.value} retry={() => book.load()} />
    );
  }
  if (!book.ready.value) return <p class="loading">{words.value.loading}</p>;
  const check = async (code: string) => {
    await book.check(code.trim(), direction.value);
    tell(book.verdict.value);
  };
  const admit = async (ticket: DoorTicket) => {
    await book.admit(ticket, direction.value);
    tell(book.verdict.value);
  };
  return (
    <div class="door">
      <h1 class="unseen">{say.title}</h1>
      <Status book={book} />
      <fieldset class="door-way" aria-label={say.direction}>
        {([Direction.IN, Direction.OUT] as const).map((way) => (
          <label key={way}>
            <input
              type="radio"
              name="direction"
              checked={direction.value === way}
              onChange={() => {
                direction.value = way;
              }}
            />
            <span>{way === Direction.IN ? say.in : say.out}</span>
          </label>
        ))}
      </fieldset>
      <Answer verdict={book.verdict.value} />
      {camera.value ? <Camera onCode={(code) => void check(code)} /> : null}
      <button
        type="button"
        class="plain wide"
        data-action="camera"
        onClick={() => {
          camera.value = !camera.value;
        }}
      >
        <Icon name="scan" />
        {camera.value ? say.stopScan : say.scan}
      </button>
      <TypedCode busy={book.busy.value} onCode={check} />
      <ByName book={book} direction={direction} onAdmit={admit} />
      <Counts book={book} />
      <Doubles book={book} />
      <Voids book={book} />
    </div>
  );
}

function toneOf({ result, unsure }: Verdict): Tone {
  if (unsure) return 'warn';
  if (result === CheckInResult.OK) return 'good';
  const known = result === CheckInResult.ALREADY_REDEEMED || result === CheckInResult.NOT_INSIDE;
  const early = result === CheckInResult.INVALID_TIME;
  return known || early || result === CheckInResult.EXPIRED ? 'warn' : 'bad';
}

function titleOf(verdict: Verdict): string {
  const say = doorWords.peek();
  if (verdict.unsure) return say.unsure;
  if (verdict.result === CheckInResult.OK && verdict.direction === Direction.OUT)
    return say.results_out;
  return say.results[verdict.result] ?? '';
}

function tell(verdict: Verdict | null): void {
  if (!verdict) return;
  beep(toneOf(verdict));
  announce(`${titleOf(verdict)}. ${seatName(verdict.label)}`);
}

const icons: Record<Tone, IconName> = { good: 'check', warn: 'alert', bad: 'close' };

/** What the last code was worth: by colour, sign, words and sound. */
function Answer({ verdict }: { verdict: Verdict | null }) {
  const say = doorWords.value;
  if (!verdict) return <div class="answer answer-none">{say.ready}</div>;
  const tone = toneOf(verdict);
  const { firstAtMs, firstGate, result, offline, unsure, blockReason, times, owes } = verdict;
  const when = (ms: number) => (ms ? date(ms, 'short') : '');
  const advice = unsure ? say.unsureText : say.advice[result];
  return (
    <div class={`answer answer-${tone}`} data-result={CheckInResult[result]} data-tone={tone}>
      <Icon name={icons[tone]} />
      <p class="answer-title">{titleOf(verdict)}</p>
      {verdict.label ? (
        <p class="answer-seat">
          {[
            gradeOf({ categoryName: verdict.category, priceType: verdict.priceType }),
            seatName(verdict.label),
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      ) : null}
      <p>{[verdict.name, verdict.orderNumber].filter(Boolean).join(' · ')}</p>
      {firstAtMs ? <p>{say.since(date(firstAtMs, 'time'), firstGate)}</p> : null}
      {result === CheckInResult.BLOCKED && blockReason ? <p>{blockReason}</p> : null}
      {result === CheckInResult.INVALID_TIME ? (
        <p>{say.enters(when(times.fromMs), when(times.untilMs))}</p>
      ) : null}
      {owes && result === CheckInResult.OK ? (
        <p data-owes>
          <Icon name="alert" /> {say.owes}
        </p>
      ) : null}
      {advice ? <p>{advice}</p> : null}
      {offline ? <p class="answer-how">{say.byList}</p> : null}
    </div>
  );
}

function Status({ book }: { book: DoorBook }) {
  const say = doorWords.value;
  const waiting = book.waiting.value;
  return (
    <section class="door-status">
      <p
        class={`door-link${book.offline.value ? ' door-offline' : ''}`}
        data-offline={book.offline.value}
      >
        <Icon name={book.offline.value ? 'offline' : 'check'} />
        {book.offline.value ? say.offline : say.online}
        <span class="numeric">
          {[
            waiting > 0 ? say.waiting(count(waiting)) : '',
            book.offline.value ? say.listOf(date(book.listAtMs.value, 'time')) : '',
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </p>
      {book.offline.value ? <p class="soft">{say.offlineText}</p> : null}
      <Field
        label={say.gate}
        name="gate"
        hint={say.gateHint}
        maxLength={40}
        value={book.gate.value}
        onInput={(value) => book.setGate(value)}
      />
    </section>
  );
}

/** What a hand scanner types, too: a line and Enter. */
function TypedCode({ busy, onCode }: { busy: boolean; onCode(code: string): Promise<void> }) {
  const say = doorWords.value;
  const code = useSignal('');
  const form = useRef<HTMLFormElement>(null);
  return (
    <form
      ref={form}
      class="door-typed"
      onSubmit={(event) => {
        event.preventDefault();
        const typed = code.value.trim();
        if (!typed || busy) return;
        code.value = '';
        void onCode(typed);
      }}
    >
      <Field
        label={say.code}
        name="code"
        value={code.value}
        onInput={(value) => {
          code.value = value;
        }}
      />
      <button type="submit" class="primary" data-action="check" disabled={busy}>
        {say.check}
      </button>
    </form>
  );
}

interface ByNameProps {
  book: DoorBook;
  direction: Signal<Direction>;
  onAdmit(ticket: DoorTicket): Promise<void>;
}

function ByName({ book, direction, onAdmit }: ByNameProps) {
  const say = doorWords.value;
  const wish = useSignal('');
  const found = searchTickets(book.tickets.value, wish.value);
  const out = direction.value === Direction.OUT;
  return (
    <section class="door-names">
      <Field
        label={say.search}
        name="search"
        value={wish.value}
        onInput={(value) => {
          wish.value = value;
        }}
      />
      {wish.value.trim() ? <output>{say.found(found.length)}</output> : null}
      <ul>
        {found.map((ticket) => (
          <li key={`${ticket.orderId} ${ticket.seat}`} data-seat={ticket.seat}>
            <span>
              <strong>{ticket.name || ticket.orderNumber}</strong>
              <span>{[gradeOf(ticket), seatName(ticket.label)].filter(Boolean).join(' · ')}</span>
              {ticket.inside ? <em>{say.inside}</em> : null}
              {ticket.refused ? <em>{say.results[ticket.refused]}</em> : null}
            </span>
            <button
              type="button"
              class="small"
              data-action="admit"
              disabled={book.busy.value || ticket.inside !== out}
              aria-label={`${out ? say.letOut : say.letIn}: ${ticket.name} ${seatName(ticket.label)}`}
              onClick={() => void onAdmit(ticket)}
            >
              {out ? say.letOut : say.letIn}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Counts({ book }: { book: DoorBook }) {
  const say = doorWords.value;
  const counts = book.counts.value;
  if (!counts) return null;
  return (
    <section class="door-counts" aria-labelledby="door-counts">
      <h2 id="door-counts">{say.counts}</h2>
      <p>
        <b class="numeric" data-inside={counts.inside}>
          {say.ofTickets(count(counts.inside), count(counts.tickets))}
        </b>{' '}
        · {say.refused(count(counts.refused))}
      </p>
      {counts.gates.length > 0 ? (
        <table>
          <thead>
            <tr>
              <th scope="col">{say.gateName}</th>
              <th scope="col">{say.cameIn}</th>
              <th scope="col">{say.wentOut}</th>
            </tr>
          </thead>
          <tbody>
            {counts.gates.map((one) => (
              <tr key={one.gate}>
                <th scope="row">{one.gate || say.noGate}</th>
                <td class="numeric">{count(one.in)}</td>
                <td class="numeric">{count(one.out)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  );
}

function Doubles({ book }: { book: DoorBook }) {
  const say = doorWords.value;
  const list = book.doubles.value;
  if (list.length === 0) return null;
  const seatOf = (orderId: string, seat: number) =>
    book.tickets.value.find((one) => one.orderId === orderId && one.seat === seat)?.label ?? '';
  return (
    <section class="door-doubles">
      <Notice
        tone="bad"
        icon="alert"
        title={`${say.doubles}: ${count(list.length)}`}
        text={say.doublesText}
      />
      <ul>
        {list.map(({ orderId, seat, first, second }) => (
          <li key={second?.nonce}>
            {say.double(
              seatName(seatOf(orderId, seat)),
              say.at(date(first?.atMs ?? 0n, 'time'), first?.gate ?? ''),
              say.at(date(second?.atMs ?? 0n, 'time'), second?.gate ?? ''),
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Voids({ book }: { book: DoorBook }) {
  const say = doorWords.value;
  const list = book.voids.value;
  if (list.length === 0) return null;
  return (
    <section class="door-doubles" data-voids={list.length}>
      <Notice
        tone="bad"
        icon="alert"
        title={`${say.voids}: ${count(list.length)}`}
        text={say.voidsText}
      />
      <ul>
        {list.map(({ orderNumber, scan }) => (
          <li key={scan?.nonce}>
            {say.voided(orderNumber, say.at(date(scan?.atMs ?? 0n, 'time'), scan?.gate ?? ''))}
          </li>
        ))}
      </ul>
    </section>
  );
}
