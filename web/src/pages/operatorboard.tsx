// What is on sale right now: the claims about it, its figures and how they move.

import type { ComponentChildren } from 'preact';
import type { Board } from '../gen/usher/v1/monitor_operate_pb';
import { count, date, money } from '../i18n/format';
import { operatorWords } from '../i18n/operator';
import { Area, Chart, Heat, HeatKey, Legend, Line, type Point, Spark } from '../parts/chart';
import { Icon } from '../parts/icon';
import { linear, logarithmic, moments } from '../parts/scale';
import { type Sample, sumOfClaims } from '../state/board';

const span_ms = 180_000;

export function Claims({ board }: { board: Board }) {
  const say = operatorWords.value;
  const sums = sumOfClaims(board.claims);
  if (sums.length === 0) return null;
  const ok = sums.every(({ holds }) => holds);
  return (
    <section class={`board-claims board-claims-${ok ? 'ok' : 'no'}`} data-claims={ok ? 'ok' : 'no'}>
      <h2>
        <Icon name={ok ? 'check' : 'alert'} />
        {say.claims}: {ok ? say.allHold : say.someFail}
      </h2>
      <ul>
        {sums.map(({ kind, holds, sinceMs, behind, failed }) => (
          <li key={kind} data-claim={kind} data-holds={holds} data-behind={behind}>
            <p>
              <Icon name={holds ? 'check' : 'close'} />
              <b>{say.claimNames[kind]}</b>
            </p>
            <p class="board-since numeric">
              {holds ? say.holds : say.fails} · {say.since(date(sinceMs, 'second'))}
            </p>
            {behind > 0 ? <p class="board-since">{say.behind(count(behind))}</p> : null}
            {failed.map((one) => (
              <p key={`${one.performanceId} ${one.saleId}`} class="board-found">
                {one.saleId ? say.ofLine(one.saleId) : say.ofPerformance(one.performanceId)}:{' '}
                <span lang="en">{one.found}</span>
              </p>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What all performances brought, a sum a currency. */
function revenue(board: Board): string {
  const sums = new Map<string, { sum: bigint; of: Board['performances'][number] }>();
  for (const one of board.performances) {
    const sum = (sums.get(one.currency)?.sum ?? 0n) + one.soldTotal;
    sums.set(one.currency, { sum, of: one });
  }
  return [...sums.values()].map(({ sum, of }) => money(sum, of)).join(' + ') || '–';
}

interface TileProps {
  name: string;
  text: string;
  value: string;
  values?: readonly number[];
  bad?: boolean;
}

function Tile({ name, text, value, values, bad }: TileProps) {
  return (
    <div data-tile={name} class={bad ? 'board-tile-bad' : undefined}>
      <dt>{text}</dt>
      <dd>
        <span class="numeric">{value}</span>
        {values && values.length > 1 ? <Spark values={values} tone={bad ? 'bad' : 'a'} /> : null}
      </dd>
    </div>
  );
}

export function Tiles({ board, samples }: { board: Board; samples: readonly Sample[] }) {
  const say = operatorWords.value.tiles;
  const last = samples.at(-1);
  const sum = (of: (one: Sample) => number) => samples.reduce((all, one) => all + of(one), 0);
  const holds = sum((one) => one.holds);
  const share =
    holds > 0 ? `${Math.round((sum((one) => one.conflicts) / holds) * 1000) / 10} %` : '–';
  const failures = sum((one) => one.failures);
  const series = (of: (one: Sample) => number) => samples.map(of);
  return (
    <dl class="board-tiles">
      {board.lines.length > 0 ? (
        <>
          <Tile
            name="waiting"
            text={say.waiting}
            value={count(last?.waiting ?? 0)}
            values={series((one) => one.waiting)}
          />
          <Tile
            name="inside"
            text={say.inside}
            value={count(last?.inside ?? 0)}
            values={series((one) => one.inside)}
          />
        </>
      ) : null}
      <Tile
        name="held"
        text={say.held}
        value={count(last?.held ?? 0)}
        values={series((one) => one.held)}
      />
      <Tile
        name="sold"
        text={say.sold}
        value={count(last?.sold ?? 0)}
        values={series((one) => one.sold)}
      />
      <Tile name="revenue" text={say.revenue} value={revenue(board)} />
      {board.calls ? (
        <>
          <Tile
            name="conflicts"
            text={say.conflicts}
            value={share}
            values={series((one) => one.conflicts)}
          />
          <Tile
            name="calls"
            text={say.calls}
            value={count(last?.calls ?? 0)}
            values={series((one) => one.calls)}
          />
          <Tile name="failures" text={say.failures} value={count(failures)} bad={failures > 0} />
        </>
      ) : null}
    </dl>
  );
}

function timeOf(samples: readonly Sample[]) {
  const to = samples.at(-1)?.atMs ?? 0;
  const from = Math.min(samples[0]?.atMs ?? to, to - 30_000);
  return moments(Math.max(from, to - span_ms), to, (at) => date(at, 'clock'), 5);
}

const pointsOf = (samples: readonly Sample[], of: (one: Sample) => number): Point[] =>
  samples.map((one) => [one.atMs, of(one)]);

export function SeatsNow({ samples }: { samples: readonly Sample[] }) {
  const say = operatorWords.value;
  const most = Math.max(1, ...samples.map(({ held, sold }) => Math.max(held, sold)));
  return (
    <section class="board-part" data-part="seats">
      <h2>{say.seats}</h2>
      <Legend
        items={[
          { tone: 'b', text: say.soldName },
          { tone: 'a', text: say.heldName },
        ]}
      />
      <Chart
        label={say.seats}
        x={timeOf(samples)}
        y={linear(most, { text: count })}
        yTitle={say.places}
        height={180}
      >
        {(frame) => (
          <>
            <Area frame={frame} tone="b" points={pointsOf(samples, ({ sold }) => sold)} />
            <Line frame={frame} tone="a" points={pointsOf(samples, ({ held }) => held)} />
          </>
        )}
      </Chart>
    </section>
  );
}

/** A column a second, a row a bucket. */
export function HeatNow({ board, samples }: { board: Board; samples: readonly Sample[] }) {
  const say = operatorWords.value;
  const bounds = (board.calls?.boundsUs ?? []).map((us) => Number(us) / 1000);
  const edges = [(bounds[0] ?? 0.05) / 2, ...bounds, (bounds.at(-1) ?? 10_000) * 2];
  const cells = samples.flatMap(({ atMs, buckets }, i) =>
    buckets.flatMap((n, row) =>
      n > 0
        ? [
            {
              x0: samples[i - 1]?.atMs ?? atMs - 1000,
              x1: atMs,
              y0: edges[row] ?? 0,
              y1: edges[row + 1] ?? 0,
              n,
            },
          ]
        : [],
    ),
  );
  const low = Math.min(...cells.map(({ y0 }) => y0), 0.5);
  const high = Math.max(...cells.map(({ y1 }) => y1), 10);
  const most = cells.reduce((all, { n }) => Math.max(all, n), 0);
  return (
    <section class="board-part" data-part="heat" data-cells={cells.length}>
      <h2>{say.heat}</h2>
      <p class="soft">{say.heatText}</p>
      <Chart label={say.heatLabel} x={timeOf(samples)} y={logarithmic(low, high)} height={180}>
        {(frame) => <Heat frame={frame} cells={cells} tone="a" />}
      </Chart>
      {most > 1 ? <HeatKey tone="a" least={say.one} most={count(most)} /> : null}
    </section>
  );
}

export function Rates({ samples }: { samples: readonly Sample[] }) {
  const say = operatorWords.value;
  const most = Math.max(1, ...samples.map(({ calls }) => calls));
  return (
    <section class="board-part" data-part="rates">
      <h2>{say.rate}</h2>
      <Legend
        items={[
          { tone: 'soft', text: say.callsName, dashed: true },
          { tone: 'a', text: say.holdsName },
          { tone: 'warn', text: say.conflictsName },
        ]}
      />
      <Chart
        label={say.rate}
        x={timeOf(samples)}
        y={linear(most, { text: count })}
        yTitle={say.perSecond}
        height={180}
      >
        {(frame) => (
          <>
            <Line
              frame={frame}
              tone="soft"
              dashed
              points={pointsOf(samples, ({ calls }) => calls)}
            />
            <Line frame={frame} tone="a" points={pointsOf(samples, ({ holds }) => holds)} />
            <Line
              frame={frame}
              tone="warn"
              points={pointsOf(samples, ({ conflicts }) => conflicts)}
            />
          </>
        )}
      </Chart>
    </section>
  );
}

/** A table of figures that may be wider than a phone. */
export function Table(props: {
  label: string;
  heads: readonly string[];
  rows: readonly { key: string; cells: readonly ComponentChildren[] }[];
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
    <section class="board-scrolled" aria-label={props.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map(({ key, cells: [first, ...rest] }) => (
            <tr key={key} data-row={key}>
              <th scope="row">{first}</th>
              {rest.map((text, i) => (
                <td key={String(i)}>{text}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Sales({ board }: { board: Board }) {
  const say = operatorWords.value;
  return (
    <section class="board-part" data-part="sales">
      <h2>{say.sales}</h2>
      {board.performances.length === 0 ? (
        <p class="soft">{say.noSales}</p>
      ) : (
        <Table
          label={say.sales}
          heads={say.saleHeads}
          rows={board.performances.map((one) => ({
            key: String(one.performanceId),
            cells: [
              `${one.performanceId} · ${one.eventName} · ${date(one.startsAtMs, 'short')}`,
              say.states[one.saleState] ?? '',
              count(one.counts?.free ?? 0),
              count(one.counts?.held ?? 0),
              count(one.counts?.sold ?? 0),
              count(one.orderCount),
              money(one.soldTotal, one),
            ],
          }))}
        />
      )}
    </section>
  );
}

export function Lines({ board }: { board: Board }) {
  const say = operatorWords.value;
  if (board.lines.length === 0) return null;
  return (
    <section class="board-part" data-part="lines">
      <h2>{say.lines}</h2>
      <Table
        label={say.lines}
        heads={say.lineHeads}
        rows={board.lines.map(({ saleId, name, status }) => ({
          key: String(saleId),
          cells: [
            `${saleId} · ${name}`,
            count(Number(status?.serving ?? 0n)),
            count(Number(status?.last ?? 0n)),
            count(status?.inside ?? 0),
            count(status?.capacity ?? 0),
            count(status?.ratePerMin ?? 0),
          ],
        }))}
      />
    </section>
  );
}
