// Drawings of figures: a frame with axes, and the marks that stand in it. Drawn in real pixels of the place they
// have, so that texts are as large on a phone as on a wall; what a drawing shows can be read as a table, too.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import '../style/chart.css';
import type { Axis } from './scale';

/** Colours have a meaning each: style/chart.css. */
export type Tone = 'a' | 'b' | 'c' | 'good' | 'warn' | 'bad' | 'soft';

export interface Frame {
  width: number;
  height: number;
  x(value: number): number;
  y(value: number): number;
}

interface ChartProps {
  /** What it shows, for those who do not see it. */
  label: string;
  x: Axis;
  y: Axis;
  xTitle?: string;
  yTitle?: string;
  /** Of the marks' part, in px. */
  height?: number;
  children(frame: Frame): ComponentChildren;
}

const left = 58;
const right = 14;
const above = 24;
const below = 44;
const narrow = 480;

/** The width of an element, as it changes. */
function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const width = useSignal(640);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      // A hidden one has none, and on paper it is scaled.
      if (element.clientWidth > 0) width.value = element.clientWidth;
    };
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [width]);
  return { box, width: width.value };
}

export function Chart({ label, x, y, xTitle, yTitle, height = 220, children }: ChartProps) {
  const { box, width } = useWidth();
  const inner = Math.max(120, width - left - right);
  const frame: Frame = {
    width: inner,
    height,
    x: (value) => x.place(value) * inner,
    y: (value) => height - y.place(value) * height,
  };
  const roomy = width >= narrow;
  return (
    <div class="chart" ref={box}>
      <svg
        viewBox={`${-left} ${-above} ${inner + left + right} ${height + above + below}`}
        role="img"
        aria-label={label}
      >
        {y.ticks.map(({ at, text }) => (
          <g key={at}>
            <line class="chart-grid" x1={0} x2={inner} y1={frame.y(at)} y2={frame.y(at)} />
            <text x={-8} y={frame.y(at)} dy=".35em" text-anchor="end">
              {text}
            </text>
          </g>
        ))}
        {x.ticks.map(({ at, text, odd }) =>
          odd && !roomy ? null : (
            <text key={at} x={frame.x(at)} y={height + 18} text-anchor="middle">
              {text}
            </text>
          ),
        )}
        {yTitle ? (
          <text class="chart-title" x={-left} y={-11}>
            {yTitle}
          </text>
        ) : null}
        {xTitle ? (
          <text class="chart-title" x={inner} y={height + 37} text-anchor="end">
            {xTitle}
          </text>
        ) : null}
        {children(frame)}
      </svg>
    </div>
  );
}

export type Point = readonly [x: number, y: number];

const tenth = (n: number) => Math.round(n * 10) / 10;
const path = (frame: Frame, points: readonly Point[]) =>
  points.map(([x, y], i) => `${i ? 'L' : 'M'}${tenth(frame.x(x))} ${tenth(frame.y(y))}`).join('');

export function Line(props: {
  frame: Frame;
  points: readonly Point[];
  tone: Tone;
  dashed?: boolean;
}) {
  const { frame, points, tone, dashed } = props;
  if (points.length === 0) return null;
  return (
    <path
      class={`chart-line tone-${tone}${dashed ? ' chart-dashed' : ''}`}
      d={path(frame, points)}
    />
  );
}

/** A line and what is under it. */
export function Area({
  frame,
  points,
  tone,
}: {
  frame: Frame;
  points: readonly Point[];
  tone: Tone;
}) {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return null;
  const floor = frame.height;
  return (
    <>
      <path
        class={`chart-area tone-${tone}`}
        d={`${path(frame, points)}L${tenth(frame.x(last[0]))} ${floor}L${tenth(frame.x(first[0]))} ${floor}Z`}
      />
      <Line frame={frame} points={points} tone={tone} />
    </>
  );
}

/** Bars from the floor, each from one x to another: one path, however many there are. */
export function Bars(props: {
  frame: Frame;
  bars: readonly (readonly [from: number, to: number, height: number])[];
  tone: Tone;
}) {
  const { frame, bars, tone } = props;
  const d = bars
    .filter(([, , height]) => height > 0)
    .map(([from, to, height]) => {
      const [x, y] = [frame.x(from), frame.y(height)];
      return `M${tenth(x)} ${frame.height}V${tenth(y)}h${tenth(Math.max(0.6, frame.x(to) - x))}V${frame.height}Z`;
    })
    .join('');
  return d ? <path class={`chart-bars tone-${tone}`} d={d} /> : null;
}

export interface Cell {
  x0: number;
  x1: number;
  y0: number;
  y1: number;
  n: number;
}

const shades = 8;

/** Cells that are the darker the more there is in them, by the logarithm; a path a shade. */
export function Heat({ frame, cells, tone }: { frame: Frame; cells: readonly Cell[]; tone: Tone }) {
  const most = Math.log1p(cells.reduce((high, { n }) => Math.max(high, n), 1));
  const paths: string[] = Array.from({ length: shades }, () => '');
  for (const { x0, x1, y0, y1, n } of cells) {
    if (n <= 0) continue;
    const shade = Math.min(shades - 1, Math.floor((Math.log1p(n) / most) * shades));
    const [left, top] = [frame.x(x0), frame.y(y1)];
    paths[shade] +=
      `M${tenth(left)} ${tenth(top)}H${tenth(frame.x(x1))}V${tenth(frame.y(y0))}H${tenth(left)}Z`;
  }
  return (
    <g class={`chart-heat tone-${tone}`}>
      {paths.map((d, shade) =>
        d ? <path key={String(shade)} class={`shade-${shade}`} d={d} /> : null,
      )}
    </g>
  );
}

/** What heat's shades mean, from one to the most. */
export function HeatKey({ tone, least, most }: { tone: Tone; least: string; most: string }) {
  return (
    <span class="chart-shades numeric">
      {least}
      <svg viewBox={`0 0 ${shades * 14} 12`} width={shades * 14} height={12} aria-hidden="true">
        <g class={`chart-heat tone-${tone}`}>
          {Array.from({ length: shades }, (_, shade) => (
            <rect
              key={String(shade)}
              class={`shade-${shade}`}
              x={shade * 14}
              width={14}
              height={12}
            />
          ))}
        </g>
      </svg>
      {most}
    </span>
  );
}

/** One bar for a whole, a piece a part; the parts' names stand beside it as a legend or table. */
export function Share({
  label,
  parts,
}: {
  label: string;
  parts: readonly { n: number; tone: Tone }[];
}) {
  const all = parts.reduce((sum, { n }) => sum + n, 0);
  return (
    <div class="chart-share" role="img" aria-label={label}>
      {parts.map(({ n, tone }, i) =>
        n > 0 ? (
          <span key={String(i)} class={`tone-${tone}`} style={`flex-grow:${n / (all || 1)}`} />
        ) : null,
      )}
    </div>
  );
}

/** A small line without axes, beside a number. */
export function Spark({ values, tone }: { values: readonly number[]; tone: Tone }) {
  const most = Math.max(1e-9, ...values);
  const step = 100 / Math.max(1, values.length - 1);
  const d = values
    .map((n, i) => `${i ? 'L' : 'M'}${tenth(i * step)} ${tenth(29 - (n / most) * 27)}`)
    .join('');
  return (
    <svg class="chart-spark" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
      {d ? <path class={`chart-line tone-${tone}`} d={d} /> : null}
    </svg>
  );
}

export function Legend({
  items,
}: {
  items: readonly { tone: Tone; text: string; dashed?: boolean }[];
}) {
  return (
    <ul class="chart-legend">
      {items.map(({ tone, text, dashed }) => (
        <li key={text}>
          <Swatch tone={tone} dashed={dashed ?? false} />
          {text}
        </li>
      ))}
    </ul>
  );
}

export function Swatch({ tone, dashed = false }: { tone: Tone; dashed?: boolean }) {
  return (
    <svg class="chart-swatch" viewBox="0 0 12 12" aria-hidden="true">
      {dashed ? (
        <path class={`chart-line chart-dashed tone-${tone}`} d="M0 6H12" />
      ) : (
        <rect class={`chart-bars tone-${tone}`} width={12} height={12} rx={3} />
      )}
    </svg>
  );
}

/** The figures behind a drawing, for whoever would rather read them. */
export function AsTable(props: {
  title: string;
  heads: readonly string[];
  rows: readonly (readonly string[])[];
}) {
  return (
    <details class="chart-table">
      <summary>{props.title}</summary>
      {/* A long one scrolls, by keys too. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
      <section tabIndex={0} aria-label={props.title}>
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
            {props.rows.map((row, i) => (
              <tr key={String(i)}>
                {row.map((text, k) => (
                  <td key={String(k)}>{text}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
