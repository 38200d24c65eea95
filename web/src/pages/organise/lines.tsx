import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { lineDesk } from '../../api/organise';
import type { LineReport } from '../../gen/usher/v1/waitroom_manage_pb';
import { LineState, type Sale } from '../../gen/usher/v1/waitroom_pb';
import { count, dateInZone, starts } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { words } from '../../i18n/words';
import { toFirstWrong } from '../../parts/field';
import { announce } from '../../state/announce';
import {
  again,
  followOwn,
  loadOwn,
  options,
  ownEvents,
  ownSales,
  Task,
} from '../../state/organise';
import { msInZone, ownZone } from '../../state/zone';
import { AfterSale } from './after';
import { Figures, lineFigures } from './figures';
import { Check, FormCard, Line, Refusal } from './form';

const report_ms = 5_000;
const minute_ms = 60_000;

/** Lines in front of sales: which there are, how they move, and a new one. */
export function Lines() {
  const say = organiseWords.value;
  useEffect(followOwn, []);
  const list = ownEvents.value;
  return (
    <>
      <header class="org-head">
        <h1>{say.parts.sales}</h1>
      </header>
      <p class="soft">{say.linesText}</p>
      {list ? null : <p class="loading">{words.value.loading}</p>}
      {list && ownSales.value.length === 0 ? <p class="soft">{say.noLines}</p> : null}
      {ownSales.value.map((sale) => (
        <LineCard key={sale.saleId} sale={sale} />
      ))}
      {list ? <NewLine /> : null}
    </>
  );
}

function LineCard({ sale }: { sale: Sale }) {
  const say = organiseWords.value;
  const { saleId } = sale;
  const task = useMemo(() => new Task(), []);
  const report = useSignal<LineReport | null>(null);
  const least = useSignal(String(sale.capacityMin));
  const most = useSignal(String(sale.capacityMax));
  useEffect(
    () =>
      again(async () => {
        const next = await lineDesk.getLineReport({ saleId }, options).catch(() => null);
        if (next) report.value = next;
      }, report_ms),
    [saleId],
  );
  const status = report.value?.status ?? sale.status;
  const paused = status?.state === LineState.PAUSED;
  const over = status?.state === LineState.OVER;
  const turn = () =>
    task.do(async () => {
      if (paused) await lineDesk.resumeLine({ saleId }, options);
      else await lineDesk.pauseLine({ saleId }, options);
      await loadOwn();
      report.value = await lineDesk.getLineReport({ saleId }, options);
    });
  const admit = () =>
    task.do(async () => {
      const capacityMin = Number(least.value);
      const capacityMax = Number(most.value);
      await lineDesk.setAdmission({ saleId, capacityMin, capacityMax }, options);
      announce(say.saved);
    });
  const minutes = (ms: bigint) => say.minutes(count(Math.round(Number(ms) / minute_ms)));
  const told = report.value;
  return (
    <section class="card" data-line={saleId} data-state={status ? LineState[status.state] : ''}>
      <div class="org-event-head">
        <h2>{sale.name || say.line}</h2>
        {over ? null : (
          <button
            type="button"
            class={paused ? 'primary' : 'plain'}
            data-action={paused ? 'resume-line' : 'pause-line'}
            disabled={task.busy.value}
            onClick={() => void turn()}
          >
            {paused ? say.resumeLine : say.pauseLine}
          </button>
        )}
      </div>
      <p class="soft">
        {say.opensAt}: {dateInZone(sale.timeZone, Number(sale.opensAtMs), 'full')}
      </p>
      <Refusal task={task} />
      {status ? <Figures list={lineFigures(status)} /> : null}
      {told && !over ? (
        <Figures
          list={[
            { name: 'joined', label: say.joined, value: count(Number(told.joined)) },
            { name: 'admitted', label: say.admitted, value: count(Number(told.admitted)) },
            { name: 'skipped', label: say.skipped, value: count(Number(told.skipped)) },
            {
              name: 'waits',
              label: say.waits,
              value: `${minutes(told.waitP50Ms)} / ${minutes(told.waitP95Ms)}`,
            },
          ]}
        />
      ) : null}
      {over ? (
        <AfterSale saleId={saleId} />
      ) : (
        <form
          class="org-admission"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void admit();
          }}
        >
          <Line
            label={say.capacityMin}
            name="capacity-min"
            value={least.value}
            onInput={(value) => {
              least.value = value;
            }}
          />
          <Line
            label={say.capacityMax}
            name="capacity-max"
            value={most.value}
            onInput={(value) => {
              most.value = value;
            }}
          />
          <button
            type="submit"
            class="plain"
            disabled={
              task.busy.value || !/^\d{1,7}$/.test(least.value) || !/^\d{1,7}$/.test(most.value)
            }
          >
            {say.setAdmission}
          </button>
        </form>
      )}
    </section>
  );
}

function NewLine() {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const form = useRef<HTMLDivElement>(null);
  const name = useSignal('');
  const chosen = useSignal<readonly number[]>([]);
  const zone = useSignal(ownZone());
  const opens = useSignal('');
  const closes = useSignal('');
  const draw = useSignal(false);
  const drawOpens = useSignal('');
  const guests = useSignal(true);
  const tried = useSignal(false);
  const taken = new Set(ownSales.value.flatMap(({ performanceIds }) => performanceIds));
  const dates = (ownEvents.value ?? [])
    .flatMap(({ performances }) => performances)
    .filter(({ performanceId }) => !taken.has(performanceId));
  const moment = (text: string) => (text ? msInZone(text, zone.value) : 0);
  const wrong = (text: string) => (tried.value && moment(text) === null ? say.badDate : '');
  const create = async () => {
    tried.value = true;
    const [opensAt, closesAt] = [moment(opens.value), moment(closes.value)];
    const drawAt = draw.value ? msInZone(drawOpens.value, zone.value) : 0;
    if (opensAt === null || closesAt === null || drawAt === null) {
      toFirstWrong(form.current);
      return;
    }
    const done = await task.do(async () => {
      await lineDesk.createSale(
        {
          name: name.value,
          performanceIds: [...chosen.value],
          drawOpensAtMs: BigInt(drawAt),
          opensAtMs: BigInt(opensAt),
          closesAtMs: BigInt(closesAt),
          timeZone: zone.value.trim(),
          guests: guests.value,
        },
        options,
      );
    });
    if (!done) return;
    tried.value = false;
    chosen.value = [];
    name.value = '';
    announce(say.lineMade);
    await loadOwn();
  };
  return (
    <div ref={form}>
      <FormCard id="new-line" title={say.newLine} task={task} onSubmit={() => void create()}>
        <Line
          label={say.name}
          name="line-name"
          value={name.value}
          onInput={(value) => {
            name.value = value;
          }}
        />
        <fieldset class="org-checks">
          <legend>{say.forDates}</legend>
          {dates.length === 0 ? <p class="soft">{say.noDates}</p> : null}
          {dates.map((one) => (
            <Check
              key={one.performanceId}
              name={`date-${one.performanceId}`}
              checked={chosen.value.includes(one.performanceId)}
              onChange={(checked) => {
                const others = chosen.value.filter((id) => id !== one.performanceId);
                chosen.value = checked ? [...others, one.performanceId] : others;
              }}
            >
              {one.eventName} · {starts(one, 'short')}
            </Check>
          ))}
        </fieldset>
        <div class="org-fields">
          <Line
            label={say.timeZone}
            name="line-zone"
            value={zone.value}
            onInput={(value) => {
              zone.value = value;
            }}
          />
          <Line
            label={say.opensAt}
            name="opens-at"
            type="datetime-local"
            hint={say.opensHint}
            wrong={wrong(opens.value)}
            value={opens.value}
            onInput={(value) => {
              opens.value = value;
            }}
          />
          <Line
            label={say.closesAt}
            name="closes-at"
            type="datetime-local"
            hint={say.closesHint}
            wrong={wrong(closes.value)}
            value={closes.value}
            onInput={(value) => {
              closes.value = value;
            }}
          />
          {draw.value ? (
            <Line
              label={say.drawOpensAt}
              name="draw-opens-at"
              type="datetime-local"
              wrong={
                tried.value && msInZone(drawOpens.value, zone.value) === null ? say.badDate : ''
              }
              value={drawOpens.value}
              onInput={(value) => {
                drawOpens.value = value;
              }}
            />
          ) : null}
        </div>
        <Check
          name="draw"
          checked={draw.value}
          onChange={(checked) => {
            draw.value = checked;
          }}
        >
          {say.draw}
        </Check>
        <Check
          name="guests"
          checked={guests.value}
          onChange={(checked) => {
            guests.value = checked;
          }}
        >
          {say.guests}
        </Check>
        <button
          type="submit"
          class="primary"
          data-action="create-line"
          disabled={task.busy.value || chosen.value.length === 0}
        >
          {say.createLine}
        </button>
      </FormCard>
    </div>
  );
}
