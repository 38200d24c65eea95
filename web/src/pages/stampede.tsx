import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { count } from '../i18n/format';
import { stampedeWords } from '../i18n/stampede';
import { language, speak } from '../i18n/words';
import { Swatch } from '../parts/chart';
import { Icon, Mark } from '../parts/icon';
import { duration } from '../parts/scale';
import {
  cheats,
  type Figures,
  isUnsent,
  type Line,
  outcomes,
  type Times,
  type Unsent,
  type Verdict,
} from '../state/figures';
import {
  Arrivals,
  HeatMap,
  OutcomeShare,
  outcomeTones,
  Part,
  Percentiles,
  Sales,
} from './stampededrawings';

/** What a stampede measured. */
export function Stampede({ figures }: { figures: Figures | Unsent | null }) {
  const say = stampedeWords.value;
  const title = !figures
    ? say.empty
    : isUnsent(figures)
      ? say.nobody
      : say.people(count(figures.crowd.users), duration(figures.crowd.within_ms));
  useEffect(() => {
    document.title = `${title} · Usher`;
  }, [title]);
  return (
    <div class="report">
      <header class="report-top">
        <span class="brand">
          <Mark />
          <span>Usher · {say.title}</span>
        </span>
        <span class="report-actions">
          <button type="button" class="report-button" onClick={() => print()}>
            <Icon name="print" />
            {say.print}
          </button>
          <button
            type="button"
            class="report-button"
            data-action="language"
            lang={language.value === 'ko' ? 'en' : 'ko'}
            onClick={() => speak(language.value === 'ko' ? 'en' : 'ko')}
          >
            {say.other}
          </button>
        </span>
      </header>
      <main>
        <h1>{title}</h1>
        {!figures ? (
          <p class="soft">{say.emptyText}</p>
        ) : isUnsent(figures) ? (
          <p class="report-bad" data-error>
            {figures.error}
          </p>
        ) : (
          <Report figures={figures} />
        )}
      </main>
    </div>
  );
}

function Report({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  const { crowd } = figures;
  return (
    <>
      <p class="soft">
        {[
          crowd.event,
          say.where(crowd.hall, count(crowd.places)),
          crowd.wish,
          say.how(count(crowd.connections), String(crowd.seed)),
        ].join(' · ')}
      </p>
      <Verdicts figures={figures} />
      <Tiles figures={figures} />
      <Part name="times" title={say.times} text={say.timesText}>
        <TimesTable figures={figures} />
      </Part>
      <HeatMap figures={figures} />
      <Percentiles figures={figures} />
      <Arrivals figures={figures} />
      <Sales figures={figures} />
      {figures.line ? <Fairness line={figures.line} /> : null}
      <Outcomes figures={figures} />
      <Refusals figures={figures} />
      <Counted figures={figures} />
      <Sent figures={figures} />
    </>
  );
}

const stateOf = ({ ok, empty }: Verdict) => (!ok ? 'no' : empty ? 'none' : 'ok');

function Verdicts({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  const { verdicts, interrupted, error } = figures;
  const ok = verdicts.every((one) => one.ok);
  return (
    <section
      class={`report-verdict report-verdict-${ok ? 'ok' : 'no'}`}
      aria-labelledby="verdict"
      data-ok={ok}
    >
      <h2 id="verdict">
        <Icon name={ok ? 'check' : 'alert'} />
        {say.verdict}: {ok ? say.holds : say.fails}
      </h2>
      {interrupted ? <p>{say.interrupted}</p> : null}
      {error ? <p>{say.notAsWished(error)}</p> : null}
      <ul>
        {verdicts.map((one) => (
          <li key={one.name} data-verdict={one.name} data-state={stateOf(one)}>
            <Icon name={one.ok ? (one.empty ? 'minus' : 'check') : 'close'} />
            <div>
              <p>
                <b>{say.states[stateOf(one)]}</b>: {say.claim(one)}
              </p>
              <p class="soft">{say.found(one, figures)}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tiles({ figures }: { figures: Figures }) {
  const say = stampedeWords.value.tiles;
  const { hold_ms: hold } = figures;
  const tiles: [string, string, string][] = [
    ['sold', count(figures.seats_sold), say.sold],
    ['hold-half', hold.count ? duration(hold.p50) : '–', say.holdHalf],
    ['hold-99', hold.count ? duration(hold.p99) : '–', say.hold99],
    ['answers', count(Math.round(figures.answers_per_s)), say.answers],
    ['orders', count(Math.round(figures.orders_per_s)), say.orders],
    ['last', duration(figures.rush_ms), say.last],
  ];
  return (
    <dl class="report-tiles">
      {tiles.map(([name, number, text]) => (
        <div key={name} data-figure={name}>
          <dt>{text}</dt>
          <dd class="numeric">{number}</dd>
        </div>
      ))}
    </dl>
  );
}

function TimesTable({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  const rows: [string, string, Times][] = [
    ['hold', say.holdAnswered, figures.hold_ms],
    ['order', say.orderAnswered, figures.order_ms],
    ['lag', say.lag, figures.generator_lag_ms],
  ];
  return (
    <Scrolled label={say.times}>
      <table>
        <thead>
          <tr>
            {say.timesHeads.map((head) =>
              head ? (
                <th key={head} scope="col">
                  {head}
                </th>
              ) : (
                <td key="" />
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, text, t]) => (
            <tr key={name} data-times={name}>
              <th scope="row">{text}</th>
              <td>{count(t.count)}</td>
              {[t.min, t.p50, t.p90, t.p99, t.p99_9, t.max].map((ms, i) => (
                <td key={String(i)}>{t.count ? duration(ms) : '–'}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

/** A table may be wider than a phone; what scrolls can be scrolled by keys. */
function Scrolled({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <section class="report-scrolled" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

function Fairness({ line }: { line: Line }) {
  const say = stampedeWords.value;
  const rows: [string, string, string, string?][] = [
    ['rank', say.rank, line.rank_correlation?.toFixed(3) ?? '–', say.rankText],
    ['overtaken', say.overtaken, count(line.overtaken), say.overtakenText],
    ['over', say.over, count(line.over_admission)],
    ['numbers', say.numbers, count(line.joined)],
    ['twice', say.twice, count(line.numbers_given_twice)],
    ['unordered', say.unordered, count(line.out_of_order)],
    ['entered', say.cameIn, count(line.entered)],
  ];
  return (
    <Part name="line" title={say.fairness}>
      <dl class="report-list">
        {rows.map(([name, text, number, more]) => (
          <div key={name} data-line={name}>
            <dt>
              {text}
              {more ? <small class="soft">{more}</small> : null}
            </dt>
            <dd class="numeric">{number}</dd>
          </div>
        ))}
      </dl>
      <p class="soft">
        {say.waits(duration(line.wait_p50_ms), duration(line.wait_max_ms))}{' '}
        {line.estimates > 0 ? say.estimates(count(line.estimates_kept), count(line.estimates)) : ''}{' '}
        {line.refreshed > 0 ? say.refreshed(count(line.refreshed), count(line.renumbered)) : ''}
      </p>
      <h3>{say.cheats}</h3>
      <p data-cheats={line.cheats} class={line.cheats_succeeded > 0 ? 'report-bad' : 'soft'}>
        {line.cheats > 0
          ? say.cheatsText(count(line.cheats), count(line.cheats_succeeded))
          : say.noCheats}
      </p>
      {line.cheats > 0 ? (
        <table>
          <tbody>
            {cheats.map((cheat) => (
              <tr key={cheat}>
                <th scope="row">{say.cheatNames[cheat]}</th>
                <td>{count(line[`cheats_${cheat}`])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </Part>
  );
}

function Outcomes({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  return (
    <Part name="outcomes" title={say.came_of}>
      <OutcomeShare figures={figures} />
      <table>
        <tbody>
          {outcomes
            .filter((one) => figures.outcomes[one] > 0)
            .map((one) => (
              <tr key={one} data-outcome={one}>
                <th scope="row">
                  <Swatch tone={outcomeTones[one]} />
                  {say.outcomes[one]}
                </th>
                <td>{count(figures.outcomes[one])}</td>
              </tr>
            ))}
        </tbody>
      </table>
      <p class="soft">{say.acknowledged(count(figures.seats_held), count(figures.seats_sold))}</p>
    </Part>
  );
}

function Refusals({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  const reasons = Object.entries(figures.reasons).sort(([, a], [, b]) => b - a);
  return (
    <Part name="reasons" title={say.reasons}>
      {reasons.length === 0 ? (
        <p class="soft">{say.noReasons}</p>
      ) : (
        <Scrolled label={say.reasons}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say.reason}</th>
                <th scope="col">{say.peopleAxis}</th>
                <th scope="col">{say.again}</th>
              </tr>
            </thead>
            <tbody>
              {reasons.map(([reason, people]) => (
                <tr key={reason} data-reason={reason}>
                  <th scope="row">
                    <code>{reason}</code>
                  </th>
                  <td>{count(people)}</td>
                  <td>{count(figures.sent_again[reason] ?? 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolled>
      )}
      <p class="soft">
        {say.sentAgain(count(figures.requests_sent_again), count(figures.connections_opened_again))}
      </p>
    </Part>
  );
}

function Counted({ figures: { before, after } }: { figures: Figures }) {
  const say = stampedeWords.value;
  return (
    <Part name="counts" title={say.server}>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">{say.before}</th>
            <th scope="col">{say.after}</th>
          </tr>
        </thead>
        <tbody>
          {(['free', 'held', 'sold', 'version'] as const).map((name) => (
            <tr key={name} data-count={name}>
              <th scope="row">{say.counts[name]}</th>
              <td>{count(before[name])}</td>
              <td>{after ? count(after[name]) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {after ? null : <p class="soft">{say.notCounted}</p>}
    </Part>
  );
}

function Sent({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  const { crowd } = figures;
  const rows: [keyof typeof say.sentRows, string][] = [
    ['url', crowd.url],
    ['wish', crowd.wish],
    ['abandon', `${Math.round(crowd.abandon * 1000) / 10} %`],
    ['tries', count(crowd.tries)],
    ['connections', count(crowd.connections)],
    ['threads', count(crowd.threads)],
    ['seed', String(crowd.seed)],
    ['prepare', duration(figures.prepare_ms)],
    ['verify', duration(figures.verify_ms)],
  ];
  return (
    <Part name="sent" title={say.sent}>
      <table>
        <tbody>
          {rows.map(([name, text]) => (
            <tr key={name} data-sent={name}>
              <th scope="row">{say.sentRows[name]}</th>
              <td class="report-word">{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Part>
  );
}
