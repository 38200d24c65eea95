// How a sale went, once its line is over: the curve, how far people came, what they were told, and all of it as files.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { lineDesk } from '../../api/organise';
import type { AfterReport } from '../../gen/usher/v1/waitroom_manage_pb';
import { count, date } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { Area, AsTable, Chart, Legend, Line, type Point } from '../../parts/chart';
import { linear, moments } from '../../parts/scale';
import { download } from '../../state/download';
import { options } from '../../state/organise';
import { type Figure, Figures } from './figures';

const parts = ['joined', 'called', 'cameIn', 'held', 'sold', 'givenBack'] as const;

const share = (part: number, all: number) =>
  all > 0 ? `${((100 * part) / all).toFixed(1)} %` : '–';
const thousandths = (n: number) => (n / 1000).toFixed(3);
const seconds = (ms: bigint) => (Number(ms) / 1000).toFixed(1);

/** As JSON has it: large numbers and bytes as texts. */
function asJson(report: AfterReport): string {
  return JSON.stringify(
    report,
    (_, value) =>
      typeof value === 'bigint'
        ? String(value)
        : value instanceof Uint8Array
          ? Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')
          : value,
    2,
  );
}

function asCsv({ curve, stepMs }: AfterReport): string {
  const head = 'from_ms,for_ms,joined,called,came_in,places_held,places_sold,places_given_back';
  const rows = curve.map((step) =>
    [step.atMs, stepMs, ...parts.map((part) => step[part])].join(','),
  );
  return [head, ...rows, ''].join('\r\n');
}

function save(report: AfterReport, form: 'json' | 'csv') {
  const text = form === 'json' ? asJson(report) : asCsv(report);
  const type = form === 'json' ? 'application/json' : 'text/csv';
  const name = report.performanceId
    ? `performance-${report.performanceId}`
    : `sale-${report.saleId}`;
  download(`${name}.${form}`, type, new TextEncoder().encode(text));
}

const ofAll = (part: number, all: number) => `${count(part)} / ${count(all)}`;

function figuresOf(report: AfterReport): Figure[] {
  const say = organiseWords.value;
  const { funnel, draw, waits, places, answers, odds } = report;
  const list: Figure[] = [];
  const put = (name: string, label: string, value: string) => list.push({ name, label, value });
  if (funnel) {
    put('after-joined', say.joined, count(funnel.joined));
    put('after-called', say.called, count(funnel.called));
    put('after-came-in', say.admitted, count(funnel.cameIn));
    put('after-held', say.tookPlaces, count(funnel.held));
    put(
      'after-ordered',
      say.bought,
      `${count(funnel.ordered)} (${share(funnel.ordered, funnel.cameIn)})`,
    );
  }
  if (places) {
    put('after-sold', say.placesSold, count(places.placesSold));
    put('after-unused', say.holdsUnused, share(places.holdsUnused, places.holds));
    put('after-most', say.mostPlaces, count(places.mostPlaces));
  }
  if (waits) {
    put('after-waits', say.waitsSeconds, `${seconds(waits.p50Ms)} / ${seconds(waits.p95Ms)} s`);
    put('after-within', say.waitAsTold, share(waits.within, waits.told));
  }
  if (odds) {
    put('after-likely', say.likelyCame, ofAll(odds.likelyCalled, odds.likely));
    put('after-unlikely', say.unlikelyCame, ofAll(odds.unlikelyCalled, odds.unlikely));
    put('after-none', say.noneCame, ofAll(odds.noneCalled, odds.none));
  }
  if (answers) {
    const { p50Ms, p95Ms, p99Ms } = answers;
    put('after-answers', say.holdsAnswered, `${p50Ms} / ${p95Ms} / ${p99Ms} ms`);
  }
  if (draw) {
    put(
      'after-draw',
      say.drawEven,
      `${thousandths(draw.correlation)} (± ${thousandths(draw.byChance)})`,
    );
  }
  return list;
}

function Curve({ report }: { report: AfterReport }) {
  const say = organiseWords.value;
  const { curve } = report;
  const from = Number(report.fromMs);
  const to = Math.max(
    from + 1000,
    Number(curve.at(-1)?.atMs ?? report.fromMs) + Number(report.stepMs),
  );
  const most = Math.max(1, ...curve.map((step) => Math.max(step.joined, step.sold)));
  // The last step goes on to its end.
  const points = (part: 'joined' | 'sold'): Point[] => [
    ...curve.map((step): Point => [Number(step.atMs), step[part]]),
    [to, curve.at(-1)?.[part] ?? 0],
  ];
  return (
    <>
      <Legend
        items={[
          ...(report.performanceId ? [] : [{ tone: 'a' as const, text: say.joined }]),
          { tone: 'b' as const, text: say.placesSold },
        ]}
      />
      <Chart
        label={say.afterTitle}
        x={moments(from, to, (at) => date(at, 'clock'), 5)}
        y={linear(most, { text: count })}
        height={180}
      >
        {(frame) => (
          <>
            {report.performanceId ? null : (
              <Area frame={frame} tone="a" points={points('joined')} />
            )}
            <Line frame={frame} tone="b" points={points('sold')} />
          </>
        )}
      </Chart>
      <AsTable
        title={say.asTable}
        heads={[
          say.time,
          say.joined,
          say.called,
          say.admitted,
          say.tookPlaces,
          say.placesSold,
          say.givenBack,
        ]}
        rows={curve.map((step) => [
          date(Number(step.atMs), 'clock'),
          ...parts.map((part) => count(step[part])),
        ])}
      />
    </>
  );
}

/** Who was refused and why, when holds were slow, and whom somebody barred. */
function Told({ report }: { report: AfterReport }) {
  const say = organiseWords.value;
  const { answers, refusals, bars } = report;
  return (
    <>
      {answers && answers.slowCount > 0 ? (
        <>
          <p>{say.slowMinutes(answers.slowCount)}</p>
          <ul>
            {answers.slow.map((one) => (
              <li key={String(one.atMs)}>
                {date(Number(one.atMs), 'clock')}: {count(one.p95Ms)} ms
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {refusals.length > 0 ? (
        <div data-refusals={refusals.length}>
          <AsTable
            title={say.refusedThen}
            heads={[say.refusedWhy, say.refusedHowOften]}
            rows={refusals.map((one) => [one.reason, count(Number(one.count))])}
          />
        </div>
      ) : null}
      {bars.length > 0 ? (
        <>
          <p>{say.barredThen(bars.length)}</p>
          <ul>
            {bars.map((one) => (
              <li key={`${one.atMs} ${one.value}`}>
                {date(Number(one.atMs), 'clock')} {one.value}: {one.reason} (
                {one.madeBy || say.operatorKey}
                {one.endedAtMs ? `, ${say.endedAt(date(Number(one.endedAtMs), 'clock'))}` : ''})
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </>
  );
}

type Of =
  | { saleId: number; performanceId?: undefined }
  | { saleId?: undefined; performanceId: number };

export function AfterSale({ saleId, performanceId }: Of) {
  const say = organiseWords.value;
  const report = useSignal<AfterReport | null>(null);
  useEffect(() => {
    let gone = false;
    lineDesk
      .getAfterReport({ saleId: saleId ?? 0, performanceId: performanceId ?? 0 }, options)
      .then((told) => {
        if (!gone) report.value = told;
      })
      .catch(() => null);
    return () => {
      gone = true;
    };
  }, [saleId, performanceId, report]);
  const told = report.value;
  if (!told) return null;
  return (
    <section data-after={saleId ?? performanceId}>
      <h3>{say.afterTitle}</h3>
      {told.performanceId ? <p class="soft">{say.afterNoLine}</p> : null}
      <Curve report={told} />
      <Figures list={figuresOf(told)} />
      {told.slowCount > 0 ? (
        <>
          <p>{say.slowTimes(told.slowCount)}</p>
          <ul>
            {told.slow.map((one) => (
              <li key={String(one.atMs)}>
                {date(Number(one.atMs), 'clock')}: {count(one.capacity)} – {one.reason}
              </li>
            ))}
          </ul>
        </>
      ) : null}
      <Told report={told} />
      <p class="soft">{say.afterText}</p>
      <p>
        <button
          type="button"
          class="plain"
          data-action="after-csv"
          onClick={() => save(told, 'csv')}
        >
          {say.afterCsv}
        </button>{' '}
        <button
          type="button"
          class="plain"
          data-action="after-json"
          onClick={() => save(told, 'json')}
        >
          {say.afterJson}
        </button>
      </p>
    </section>
  );
}
