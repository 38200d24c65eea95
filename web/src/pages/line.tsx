import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import '../style/line.css';
import { signIn } from '../api/client';
import { PersonRule } from '../gen/usher/v1/ticket_pb';
import { LineState, PlaceState, type Sale } from '../gen/usher/v1/waitroom_pb';
import { count, dateInZone } from '../i18n/format';
import { lineWords } from '../i18n/line';
import { words } from '../i18n/words';
import { Confirm } from '../parts/confirm';
import { Icon } from '../parts/icon';
import { LinkState } from '../parts/link';
import { Failed, Notice } from '../parts/notice';
import { Said } from '../parts/said';
import { Trouble } from '../parts/trouble';
import { Until } from '../parts/until';
import { announce } from '../state/announce';
import { chime, setSound, wantsSound } from '../state/chime';
import { chanceOf, minutesOf } from '../state/forecast';
import { Line } from '../state/line';
import { paths } from '../state/route';
import { SaleDates } from './saledates';

export function LinePage({ saleId, performanceId }: { saleId: number; performanceId: number }) {
  const line = useMemo(() => new Line(saleId), [saleId]);
  useEffect(() => {
    line.start();
    return () => line.stop();
  }, [line]);
  useTitle(line);
  useCall(line);
  const sale = line.sale.value;
  if (line.lost.value) return <Trouble failure={line.lost.value} retry={() => void line.load()} />;
  if (!sale) return <p class="loading">{words.value.loading}</p>;
  return (
    <section
      class="line"
      data-state={LineState[line.state.value]}
      data-standing={PlaceState[line.standing.value]}
    >
      <header class="line-head">
        <h1>{sale.name}</h1>
        <LinkState link={line.link.value} />
      </header>
      {line.status.value?.noticeId ? <Said id={line.status.value.noticeId} /> : null}
      <Failed failure={line.failure.value} />
      {line.failure.value?.reason === 'PERSON_NEEDED' ? (
        <a
          class="primary wide"
          data-action="prove"
          href={paths.prove(
            sale.personRule === PersonRule.PHONE ? 'phone' : 'identity',
            paths.line(saleId, performanceId),
          )}
        >
          {words.value.proveNow}
        </a>
      ) : null}
      <Here line={line} sale={sale} performanceId={performanceId} />
    </section>
  );
}

interface HereProps {
  line: Line;
  sale: Sale;
  performanceId: number;
}

function Here({ line, sale, performanceId }: HereProps) {
  const say = lineWords.value;
  const state = line.state.value;
  switch (line.standing.value) {
    case PlaceState.INSIDE:
      return <Inside line={line} sale={sale} performanceId={performanceId} />;
    case PlaceState.SERVED:
      return <Served line={line} />;
  }
  if (state === LineState.OVER) return <Card title={say.overTitle} text={say.overText} home />;
  switch (line.standing.value) {
    case PlaceState.WAITING:
      return <Waiting line={line} />;
    case PlaceState.IN_DRAW:
      return <InDraw line={line} sale={sale} />;
    case PlaceState.SKIPPED:
      return (
        <Card title={say.skippedTitle} text={say.skippedText}>
          <JoinButton line={line} text={say.againAction} />
        </Card>
      );
    case PlaceState.DONE:
      return (
        <Card title={say.doneTitle} text={say.doneText}>
          <JoinButton line={line} text={say.againAction} />
          <a class="plain" href={paths.orders}>
            {words.value.myTickets}
          </a>
        </Card>
      );
    default:
      return <Outside line={line} sale={sale} />;
  }
}

function Card({
  title,
  text,
  tone = '',
  home = false,
  children,
}: {
  title: string;
  text?: string;
  tone?: string;
  home?: boolean;
  children?: ComponentChildren;
}) {
  return (
    <div class={`card line-card ${tone}`}>
      <h2>{title}</h2>
      {text ? <p class="soft">{text}</p> : null}
      {children}
      {home ? (
        <a class="plain wide" href={paths.home}>
          {words.value.back}
        </a>
      ) : null}
    </div>
  );
}

/** Nobody yet: before the draw, in it, or before an open line. */
function Outside({ line, sale }: { line: Line; sale: Sale }) {
  const say = lineWords.value;
  const status = line.status.value;
  const state = line.state.value;
  if (state === LineState.ANNOUNCED) {
    const draw = sale.drawOpensAtMs > 0n;
    return (
      <Card title={draw ? say.drawOpensIn : say.opensIn} text={say.announcedText}>
        <Opening sale={sale} ms={Number(draw ? sale.drawOpensAtMs : sale.opensAtMs)} line={line} />
      </Card>
    );
  }
  const drawing = state === LineState.DRAW;
  const waiting = Number((status?.last ?? 0n) - (status?.serving ?? 0n));
  return (
    <>
      {drawing ? (
        <Card title={say.opensIn}>
          <Opening sale={sale} ms={Number(sale.opensAtMs)} line={line} />
        </Card>
      ) : null}
      <Card
        title={drawing ? say.drawTitle : say.joinTitle}
        text={drawing ? say.drawText : say.joinText}
      >
        <p class="line-count">
          <Icon name="people" />
          {drawing
            ? say.entrants(count(status?.entrants ?? 0))
            : waiting > 0
              ? say.waitingNow(count(waiting))
              : say.nobodyWaits}
        </p>
        {state === LineState.PAUSED ? <Paused /> : null}
        {drawing && sale.guests ? <p class="soft">{say.guestDraw}</p> : null}
        {sale.guests || signIn.who.value ? (
          <JoinButton line={line} text={drawing ? say.drawAction : say.joinAction} />
        ) : (
          <>
            <p>
              <strong>{say.accountTitle}</strong>
              <br />
              <span class="soft">{say.accountText}</span>
            </p>
            <a
              class="primary wide"
              data-action="sign-in"
              href={paths.signIn(paths.line(line.saleId))}
            >
              {words.value.signIn}
            </a>
          </>
        )}
      </Card>
    </>
  );
}

function Opening({ sale, ms, line }: { sale: Sale; ms: number; line: Line }) {
  const say = lineWords.value;
  return (
    <>
      <Until ms={ms} label={say.opensIn} days={say.days} onOver={() => void line.refresh()} />
      <p class="soft">{say.opensAt(dateInZone(sale.timeZone, ms, 'full'))}</p>
    </>
  );
}

function JoinButton({ line, text }: { line: Line; text: string }) {
  const say = lineWords.value;
  const join = async () => {
    if (!(await line.join())) return;
    const number = line.number.peek();
    if (number > 0) announce(say.numberAnnounce(count(number), count(line.ahead.peek())));
  };
  const busy = line.busy.value === 'join';
  return (
    <button
      type="button"
      class="primary wide"
      data-action="join"
      disabled={line.busy.value !== null}
      onClick={() => void join()}
    >
      {busy ? (line.solving.value ? say.solving : say.joining) : text}
    </button>
  );
}

function InDraw({ line, sale }: { line: Line; sale: Sale }) {
  const say = lineWords.value;
  return (
    <>
      <Card title={say.opensIn}>
        <Opening sale={sale} ms={Number(sale.opensAtMs)} line={line} />
      </Card>
      <Card title={say.inDrawTitle} text={say.inDrawText} tone="line-good">
        <p class="line-count">
          <Icon name="people" />
          {say.entrants(count(line.status.value?.entrants ?? 0))}
        </p>
        <p>
          <a class="link-text" href={paths.draw(line.saleId)}>
            {say.checkDraw}
          </a>
        </p>
      </Card>
      <Comforts line={line} />
    </>
  );
}

function Waiting({ line }: { line: Line }) {
  const say = lineWords.value;
  const ahead = line.ahead.value;
  const wait = line.wait.value;
  const status = line.status.value;
  const percent = Math.round(line.progress.value * 100);
  const minutes = wait ? minutesOf(wait) : null;
  return (
    <>
      <div class="card line-card line-number" data-number={line.number.value} data-ahead={ahead}>
        <h2>{say.yourNumber}</h2>
        <p class="big numeric">{count(line.number.value)}</p>
        <p class="line-ahead">{ahead > 0 ? say.ahead(count(ahead)) : say.aheadNone}</p>
        <div
          class="way"
          role="progressbar"
          aria-label={say.progress}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
        >
          <span style={{ width: `${Math.max(2, percent)}%` }} />
        </div>
        <dl class="facts">
          <div>
            <dt>{say.wait}</dt>
            <dd>{minutes ? say.waitMinutes(minutes.from, minutes.to) : say.waitUnknown}</dd>
          </div>
          <div>
            <dt>{say.servingNow}</dt>
            <dd class="numeric">{say.upTo(count(line.serving.value))}</dd>
          </div>
          <div>
            <dt>{say.pace}</dt>
            <dd class="numeric">{say.perMinute(count(status?.ratePerMin ?? 0))}</dd>
          </div>
          <div>
            <dt>{say.placesLeft}</dt>
            <dd class="numeric">{count(status?.placesLeft ?? 0)}</dd>
          </div>
        </dl>
      </div>
      {line.state.value === LineState.PAUSED ? <Paused /> : null}
      <Chances line={line} />
      <Comforts line={line} />
    </>
  );
}

function Paused() {
  const say = lineWords.value;
  return <Notice tone="warn" icon="pause" title={say.pausedTitle} text={say.pausedText} />;
}

function Chances({ line }: { line: Line }) {
  const say = lineWords.value;
  const status = line.status.value;
  if (!status || status.chances.length === 0) return null;
  return (
    <div class="card line-chances">
      <h2>{say.chances}</h2>
      <ul>
        {status.chances.map(({ category, name, free }) => {
          const chance = chanceOf(free, status.placesLeft, line.ahead.value);
          return (
            <li key={category}>
              <strong>{name}</strong>
              <span class="numeric soft">{words.value.seatsLeft(count(free))}</span>
              <span class={`chance chance-${chance}`}>{say.chance[chance]}</span>
            </li>
          );
        })}
      </ul>
      <p class="hint">{say.chancesHint}</p>
    </div>
  );
}

/** The sound, what is promised, and the way out. */
function Comforts({ line }: { line: Line }) {
  const say = lineWords.value;
  const asking = useSignal(false);
  const leave = async () => {
    await line.leave();
    asking.value = false;
  };
  return (
    <div class="line-comforts">
      <label class="check">
        <input
          type="checkbox"
          checked={wantsSound.value}
          onChange={({ currentTarget }) => setSound(currentTarget.checked)}
        />
        <span>{say.sound}</span>
      </label>
      <p class="hint">{say.keepText}</p>
      <button
        type="button"
        class="quiet quiet-danger"
        data-action="leave"
        onClick={() => {
          asking.value = true;
        }}
      >
        {say.leave}
      </button>
      {asking.value ? (
        <Confirm
          question={say.leaveQuestion}
          hint={say.leaveHint}
          yes={line.busy.value ? say.leaving : say.leaveYes}
          no={say.leaveNo}
          busy={line.busy.value !== null}
          onYes={() => void leave()}
          onNo={() => {
            asking.value = false;
          }}
        />
      ) : null}
    </div>
  );
}

function Served({ line }: { line: Line }) {
  const say = lineWords.value;
  const until = Number(line.place.value?.claimUntilMs ?? 0n);
  return (
    <>
      <Card title={say.servedTitle} text={say.servedText} tone="line-turn">
        {until > 0 ? (
          <>
            <p class="soft">{say.keptFor}</p>
            <Until
              ms={until}
              label={say.keptFor}
              days={say.days}
              onOver={() => void line.refresh()}
            />
          </>
        ) : null}
        <EnterButton line={line} text={say.enterAction} />
      </Card>
      <Comforts line={line} />
    </>
  );
}

function EnterButton({ line, text }: { line: Line; text: string }) {
  const say = lineWords.value;
  const enter = async () => {
    if (await line.enter()) await line.refresh();
  };
  return (
    <button
      type="button"
      class="primary wide"
      data-action="enter"
      disabled={line.busy.value !== null}
      onClick={() => void enter()}
    >
      {line.busy.value === 'enter' ? say.entering : text}
    </button>
  );
}

function Inside({ line, sale, performanceId }: HereProps) {
  const say = lineWords.value;
  const pass = line.pass;
  if (!pass) {
    return (
      <Card title={say.insideTitle} text={say.insideElsewhere} tone="line-turn">
        <EnterButton line={line} text={say.takeOver} />
      </Card>
    );
  }
  return (
    <Card title={say.insideTitle} text={say.insideText} tone="line-turn">
      <p class="soft">{say.timeInside}</p>
      <Until
        ms={pass.expiresAtMs}
        label={say.timeInside}
        days={say.days}
        onOver={() => void line.refresh()}
      />
      <SaleDates ids={sale.performanceIds} wished={performanceId} text={say.toSeats} />
    </Card>
  );
}

/** The title tells from another tab how far it is, and calls when it is one's turn. */
function useTitle(line: Line): void {
  const say = lineWords.value;
  const standing = line.standing.value;
  const ahead = line.ahead.value;
  const name = line.sale.value?.name ?? say.title;
  useEffect(() => {
    const plain = `${name} · Usher`;
    if (standing === PlaceState.WAITING) document.title = `${say.ahead(count(ahead))} · ${plain}`;
    else document.title = plain;
    if (standing !== PlaceState.SERVED) return;
    let on = false;
    const blink = () => {
      on = !on;
      document.title = on ? `★ ${say.turnTitle} ★` : plain;
    };
    blink();
    const timer = setInterval(blink, 1000);
    return () => clearInterval(timer);
  }, [standing, ahead, name, say]);
}

const called_every_ms = 15_000;

/** When it is one's turn: said, sounded, and sounded again while nobody comes. */
function useCall(line: Line): void {
  const standing = line.standing.value;
  const before = useRef<PlaceState | null>(null);
  useEffect(() => {
    const was = before.current;
    before.current = standing;
    if (standing !== PlaceState.SERVED) return;
    if (was !== PlaceState.SERVED) announce(lineWords.peek().called);
    chime();
    const timer = setInterval(chime, called_every_ms);
    return () => clearInterval(timer);
  }, [standing]);
}
