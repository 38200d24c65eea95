import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import type { SaleReport } from '../../gen/usher/v1/ticket_manage_pb';
import { EventState, type Performance, SaleState } from '../../gen/usher/v1/ticket_pb';
import { count, gradeName, money, starts, typeName } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { words } from '../../i18n/words';
import { SeatMap } from '../../map/seatmap';
import { Trouble } from '../../parts/trouble';
import { announce } from '../../state/announce';
import { HouseSale } from '../../state/housesale';
import { again, followOwn, lineOf, options, Task } from '../../state/organise';
import { paths } from '../../state/route';
import { AfterSale } from './after';
import { Announcer } from './announce';
import { Blocks } from './blocks';
import { Exports } from './exports';
import { countFigures, Figures, lineFigures } from './figures';
import { Refusal } from './form';
import { Holders } from './holders';
import { Messages } from './messages';
import { StateOfSale } from './overview';
import { RefundAll } from './refundall';
import { RulesDesk } from './rules';
import { WaitingDesk } from './waiting';

const report_ms = 3_000;

/** One performance as its sale runs: places, money, line and hall, and the switch of the sale. */
export function SalePage({ performanceId }: { performanceId: number }) {
  const sale = useMemo(() => new HouseSale(performanceId), [performanceId]);
  const own = useSignal<Performance | null>(null);
  const report = useSignal<SaleReport | null>(null);
  const look = useMemo(() => new Task(), [performanceId]);
  const load = () =>
    look.do(async () => {
      own.value = await ticketDesk.getPerformance({ performanceId }, options);
      report.value = await ticketDesk.getSaleReport({ performanceId }, options);
    });
  useEffect(followOwn, []);
  useEffect(() => {
    void load();
    return again(async () => {
      const next = await ticketDesk.getSaleReport({ performanceId }, options).catch(() => null);
      if (next) report.value = next;
    }, report_ms);
  }, [performanceId]);
  const known = own.value;
  const name = known?.eventName;
  useEffect(() => {
    if (name) document.title = `${name} · ${organiseWords.value.title} · Usher`;
  }, [name]);
  const shown = known?.eventState === EventState.PUBLISHED;
  useEffect(() => {
    if (!shown) return; // the public feed tells nothing of a draft
    sale.start();
    return () => sale.stop();
  }, [sale, shown]);
  if (!known || !report.value) {
    if (look.failure.value)
      return <Trouble failure={look.failure.value} retry={() => void load()} />;
    return <p class="loading">{words.value.loading}</p>;
  }
  const say = organiseWords.value;
  const line = lineOf(performanceId);
  const now = report.value;
  return (
    <div data-performance={performanceId}>
      <header class="org-head">
        <div>
          <h1>{known.eventName}</h1>
          <p class="soft">
            {starts(known, 'full')} · {known.hall?.name}
          </p>
        </div>
        <StateOfSale state={now.saleState} />
      </header>
      <Switch performance={known} state={now.saleState} onDone={() => void load()} />
      <section class="card">
        <Figures
          list={[
            ...(now.counts ? countFigures(now.counts) : []),
            { name: 'revenue', label: say.revenue, value: money(now.soldTotal, now) },
            { name: 'orders', label: say.orders, value: count(now.orderCount) },
            { name: 'cancelled', label: say.cancelled, value: count(now.cancelledCount) },
          ]}
        />
      </section>
      {line?.status ? (
        <section class="card" data-line={line.saleId}>
          <h2>{line.name || say.line}</h2>
          <Figures list={lineFigures(line.status)} />
        </section>
      ) : null}
      <Grades report={now} />
      {sale.plan.value ? (
        <section class="card org-map" aria-labelledby="org-map-title">
          <h2 id="org-map-title">{say.mapTitle}</h2>
          <div class="org-map-frame">
            <SeatMap sale={sale} plan={sale.plan.value} />
          </div>
          <Blocks sale={sale} plan={sale.plan.value} onDone={() => void load()} />
        </section>
      ) : null}
      <RulesDesk performance={known} onDone={() => void load()} />
      <WaitingDesk performance={known} plan={sale.plan.value} />
      <Holders
        performanceId={performanceId}
        organiserId={known.organiserId}
        onDone={() => void load()}
      />
      {!line && now.saleState === SaleState.PAUSED ? (
        <div class="card">
          <AfterSale performanceId={performanceId} />
        </div>
      ) : null}
      <Announcer performance={known} state={now.saleState} onDone={() => void load()} />
      <Messages performance={known} />
      <Exports performanceId={performanceId} />
      <RefundAll performance={known} state={now.saleState} />
    </div>
  );
}

interface SwitchProps {
  performance: Performance;
  state: SaleState;
  onDone(): void;
}

function Switch({ performance, state, onDone }: SwitchProps) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const { performanceId, eventId, eventState } = performance;
  const isOpen = state === SaleState.OPEN;
  const turn = async () => {
    const done = await task.do(async () => {
      if (isOpen) await ticketDesk.pauseSale({ performanceId }, options);
      else await ticketDesk.openSale({ performanceId }, options);
    });
    if (!done) return;
    announce(isOpen ? say.pausedNote : say.openedNote);
    onDone();
  };
  return (
    <div class="org-actions">
      <button
        type="button"
        class={isOpen ? 'plain' : 'primary'}
        data-action={isOpen ? 'pause-sale' : 'open-sale'}
        disabled={task.busy.value}
        onClick={() => void turn()}
      >
        {isOpen ? say.pause : state === SaleState.PAUSED ? say.openAgain : say.open}
      </button>
      <a class="plain" href={paths.organiseEvent(eventId)}>
        {say.edit}
      </a>
      <a class="plain" href={paths.performance(performanceId)}>
        {say.publicPage}
      </a>
      <a class="plain" href={paths.door(performanceId)}>
        {say.toDoor}
      </a>
      {eventState === EventState.DRAFT ? <p class="soft">{say.openPublishes}</p> : null}
      <Refusal task={task} />
    </div>
  );
}

function Grades({ report }: { report: SaleReport }) {
  const say = organiseWords.value;
  return (
    <section class="card" aria-labelledby="grades-title">
      <h2 id="grades-title">{say.grades}</h2>
      <div class="org-table">
        <table>
          <thead>
            <tr>
              <th scope="col">{say.grade}</th>
              <th scope="col">{say.sold}</th>
              <th scope="col">{say.held}</th>
              <th scope="col">{say.free}</th>
              <th scope="col">{say.revenue}</th>
            </tr>
          </thead>
          <tbody>
            {report.categories.map(({ category, name, counts, soldTotal }) => (
              <tr key={category} data-grade={category}>
                <th scope="row">{gradeName(name)}</th>
                <td class="numeric">{count(counts?.sold ?? 0)}</td>
                <td class="numeric">{count((counts?.held ?? 0) + (counts?.resting ?? 0))}</td>
                <td class="numeric">{count(counts?.free ?? 0)}</td>
                <td class="numeric">{money(soldTotal, report)}</td>
              </tr>
            ))}
            {report.types.map(({ number, sold, soldTotal, ...type }) => (
              <tr key={`type-${number}`} data-type={number}>
                <th scope="row">{`${say.byType}: ${typeName(type)}`}</th>
                <td class="numeric">{count(sold)}</td>
                <td />
                <td />
                <td class="numeric">{money(soldTotal, report)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
