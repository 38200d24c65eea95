// The drawings of a stampede's report.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { count } from '../i18n/format';
import { stampedeWords } from '../i18n/stampede';
import {
  Area,
  AsTable,
  Bars,
  Chart,
  Heat,
  HeatKey,
  Legend,
  Line,
  type Point,
  Share,
  type Tone,
} from '../parts/chart';
import { type Axis, duration, linear, logarithmic } from '../parts/scale';
import {
  cellsOf,
  type Figures,
  type HeatKind,
  heats,
  type Outcome,
  outcomes,
  rowsOf,
  running,
} from '../state/figures';

/** A card of the report. */
export function Part(props: {
  name: string;
  title: string;
  text?: string;
  children: ComponentChildren;
}) {
  return (
    <section class="report-part" data-part={props.name}>
      <h2>{props.title}</h2>
      {props.text ? <p class="soft">{props.text}</p> : null}
      {props.children}
    </section>
  );
}

export const outcomeTones: { [outcome in Outcome]: Tone } = {
  ordered: 'b',
  held: 'a',
  released: 'a',
  taken: 'soft',
  refused: 'bad',
  unanswered: 'bad',
  error: 'bad',
  unsent: 'bad',
};

const heatTones: { [kind in HeatKind | 'all']: Tone } = {
  all: 'a',
  held: 'a',
  not_held: 'c',
  ordered: 'b',
};

/** How long everybody's answers took, by when they came. */
export function HeatMap({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  const kind = useSignal<HeatKind | 'all'>('all');
  const { heat, crowd } = figures;
  const cells = cellsOf(heat, kind.value === 'all' ? ['held', 'not_held'] : [kind.value]);
  const edge = (row: number) => heat.edges_ms[row] ?? 0;
  const rows = heats.flatMap((one) => cellsOf(heat, [one]).map(({ row }) => row));
  const y = logarithmic(edge(Math.min(...rows)), edge(Math.max(...rows) + 1));
  const most = cells.reduce((high, { n }) => Math.max(high, n), 0);
  return (
    <Part name="heat" title={say.heat} text={say.heatText}>
      <fieldset class="report-choice" aria-label={say.heat}>
        {(['all', ...heats] as const).map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="heat"
              value={one}
              checked={kind.value === one}
              onChange={() => {
                kind.value = one;
              }}
            />
            <span>{say.heatKinds[one]}</span>
          </label>
        ))}
      </fieldset>
      <Chart
        label={`${say.heat}: ${say.heatKinds[kind.value]}`}
        x={linear(crowd.within_ms, { steps: 6, exact: true, text: duration })}
        y={y}
        xTitle={say.arrival}
        yTitle={say.timeToAnswer}
        height={260}
      >
        {(frame) => (
          <Heat
            frame={frame}
            tone={heatTones[kind.value]}
            cells={cells.map(({ column, row, n }) => ({
              x0: column * heat.column_ms,
              x1: (column + 1) * heat.column_ms,
              y0: edge(row),
              y1: edge(row + 1),
              n,
            }))}
          />
        )}
      </Chart>
      {most > 1 ? (
        <HeatKey tone={heatTones[kind.value]} least={say.onePerson} most={count(most)} />
      ) : null}
      <AsTable title={say.asTable} heads={say.heatHeads} rows={heatRows(figures)} />
    </Part>
  );
}

function heatRows({ heat }: Figures): string[][] {
  const sums = heats.map((kind) => rowsOf(heat, kind));
  return heat.edges_ms.slice(1).flatMap((to, row) => {
    const cells = sums.map((one) => one[row] ?? 0);
    return cells.some((n) => n > 0) ? [[duration(to), ...cells.map(count)]] : [];
  });
}

/** 0 at the left, 99.9 % at the right; each third of the width is another nine. */
const shares: Axis = {
  place: (perMille) => Math.min(1, -Math.log10(1 - Math.min(0.9999, perMille / 1000)) / 3),
  ticks: [
    { at: 0, text: '0 %' },
    { at: 500, text: '50 %', odd: true },
    { at: 900, text: '90 %' },
    { at: 990, text: '99 %' },
    { at: 999, text: '99.9 %' },
  ],
};

export function Percentiles({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  const { percentiles, hold_ms: hold, order_ms: order, generator_lag_ms: lag } = figures;
  const points = (values: readonly number[]): Point[] =>
    values.map((ms, i) => [percentiles.per_mille[i] ?? 0, ms]);
  const least = Math.min(...[hold, order, lag].filter((t) => t.count > 0).map((t) => t.p50 / 10));
  const most = Math.max(hold.max, order.max, lag.p99);
  return (
    <Part name="percentiles" title={say.curve}>
      <Legend
        items={[
          { tone: 'a', text: say.holdAnswered },
          { tone: 'b', text: say.orderAnswered },
          { tone: 'soft', text: say.lag, dashed: true },
        ]}
      />
      <Chart
        label={say.curve}
        x={shares}
        y={logarithmic(Number.isFinite(least) ? least : 1, most)}
        xTitle={say.curveShare}
        yTitle={say.timeToAnswer}
      >
        {(frame) => (
          <>
            <Line frame={frame} tone="soft" points={points(percentiles.generator_lag_ms)} dashed />
            <Line frame={frame} tone="a" points={points(percentiles.hold_ms)} />
            <Line frame={frame} tone="b" points={points(percentiles.order_ms)} />
          </>
        )}
      </Chart>
    </Part>
  );
}

/** The pieces of time in which something was counted, as an axis. */
function timeOf({ series }: Figures) {
  const high = Math.max(1, series.bin_ms * series.arrived.length);
  return linear(high, { steps: 6, exact: true, text: duration });
}

export function Arrivals({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  const { bin_ms: bin, arrived, answered } = figures.series;
  const bars = (values: readonly number[], from: number, to: number) =>
    values.map((n, i) => [(i + from) * bin, (i + to) * bin, n] as const);
  return (
    <Part name="arrivals" title={say.series(duration(bin))}>
      <Legend
        items={[
          { tone: 'soft', text: say.came },
          { tone: 'a', text: say.answered },
        ]}
      />
      <Chart
        label={say.series(duration(bin))}
        x={timeOf(figures)}
        y={linear(Math.max(...arrived, ...answered, 1), { text: count })}
        xTitle={say.sinceStart}
        yTitle={say.peopleAxis}
      >
        {(frame) => (
          <>
            <Bars frame={frame} tone="soft" bars={bars(arrived, 0.06, 0.48)} />
            <Bars frame={frame} tone="a" bars={bars(answered, 0.52, 0.94)} />
          </>
        )}
      </Chart>
    </Part>
  );
}

/** The curve of sales, under what was free before. */
export function Sales({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  const { series, before } = figures;
  const sums = running(series.sold);
  const sold = sums.at(-1) ?? 0;
  const points: Point[] = [[0, 0], ...sums.map((n, i): Point => [(i + 1) * series.bin_ms, n])];
  const end = series.bin_ms * series.sold.length;
  return (
    <Part name="sales" title={say.sales} text={say.salesText(count(sold), count(before.free))}>
      <Chart
        label={`${say.sales}: ${say.salesText(count(sold), count(before.free))}`}
        x={timeOf(figures)}
        y={linear(Math.max(before.free, sold, 1), { text: count })}
        xTitle={say.sinceStart}
        yTitle={say.places}
      >
        {(frame) => (
          <>
            <Line
              frame={frame}
              tone="soft"
              dashed
              points={[
                [0, before.free],
                [end, before.free],
              ]}
            />
            <Area frame={frame} tone="b" points={points} />
          </>
        )}
      </Chart>
      <Legend
        items={[
          { tone: 'b', text: say.sales },
          { tone: 'soft', text: say.freeBefore, dashed: true },
        ]}
      />
      <AsTable
        title={say.asTable}
        heads={say.seriesHeads}
        rows={sums.map((sum, i) => [
          duration(i * series.bin_ms),
          count(series.arrived[i] ?? 0),
          count(series.answered[i] ?? 0),
          count(series.sold[i] ?? 0),
          count(sum),
        ])}
      />
    </Part>
  );
}

export function OutcomeShare({ figures }: { figures: Figures }) {
  const say = stampedeWords.value;
  return (
    <Share
      label={say.came_of}
      parts={outcomes.map((one) => ({ n: figures.outcomes[one], tone: outcomeTones[one] }))}
    />
  );
}
