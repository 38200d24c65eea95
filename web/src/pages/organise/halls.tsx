import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import type { SeatMap as Layout } from '../../gen/usher/v1/hall_pb';
import type { HallPreview } from '../../gen/usher/v1/ticket_manage_pb';
import type { Hall, PlanNote } from '../../gen/usher/v1/ticket_pb';
import { count, gradeName } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { words } from '../../i18n/words';
import { swatch } from '../../map/palette';
import { readPlan } from '../../map/plan';
import { SeatMap } from '../../map/seatmap';
import { Notice } from '../../parts/notice';
import { announce } from '../../state/announce';
import { acting, options, Task } from '../../state/organise';
import { Sale } from '../../state/sale';
import { SeatStates } from '../../state/seats';
import { isDark } from '../../state/theme';
import { FormCard, Line, Refusal } from './form';

const import_ms = 60_000; // a plan of 200,000 places is read in seconds, and sent in some more

export function Halls() {
  const say = organiseWords.value;
  const organiserId = acting.value?.organiserId ?? 0;
  const halls = useSignal<Hall[] | null>(null);
  const shown = useSignal(0);
  const fresh = useSignal<{ hall: Hall; imported: boolean } | null>(null);
  const look = useMemo(() => new Task(), []);
  const load = () =>
    look.do(async () => {
      halls.value = (await ticketDesk.listHalls({ organiserId }, options)).halls;
    });
  useEffect(() => {
    void load();
  }, [organiserId]);
  const top = useRef<HTMLElement>(null);
  const made = (hall: Hall, imported: boolean) => {
    fresh.value = { hall, imported };
    top.current?.scrollIntoView({ block: 'start' }); // what was made stands above the form
    shown.value = hall.hallId;
    announce(say.hallMade(hall.name));
    void load();
  };
  return (
    <>
      <header class="org-head" ref={top}>
        <h1>{say.parts.halls}</h1>
      </header>
      <Refusal task={look} />
      {fresh.value ? (
        <Notice
          tone={fresh.value.imported ? 'warn' : 'plain'}
          icon={fresh.value.imported ? 'eye' : 'check'}
          title={fresh.value.imported ? say.guessTitle : say.hallMade(fresh.value.hall.name)}
          text={fresh.value.imported ? say.guessText : ''}
        />
      ) : null}
      {fresh.value ? <Notes notes={fresh.value.hall.notes} /> : null}
      {halls.value ? null : <p class="loading">{words.value.loading}</p>}
      {halls.value?.length === 0 ? <p class="soft">{say.noHalls}</p> : null}
      <ul class="org-halls">
        {[...(halls.value ?? [])].reverse().map((hall) => (
          <li key={hall.hallId} class="card" data-hall={hall.hallId}>
            <div class="org-event-head">
              <h2>{hall.name}</h2>
              <button
                type="button"
                class="plain"
                data-action="show-hall"
                aria-expanded={shown.value === hall.hallId}
                aria-label={`${shown.value === hall.hallId ? say.hide_map : say.show}: ${hall.name}`}
                onClick={() => {
                  shown.value = shown.value === hall.hallId ? 0 : hall.hallId;
                }}
              >
                {shown.value === hall.hallId ? say.hide_map : say.show}
              </button>
            </div>
            <p class="soft">{say.hallFacts(count(hall.placeCount), count(hall.sectionCount))}</p>
            {shown.value === hall.hallId ? <HallMap hall={hall} /> : null}
          </li>
        ))}
      </ul>
      <div class="org-two">
        <Generate organiserId={organiserId} onMade={(hall) => made(hall, false)} />
        <Import organiserId={organiserId} onMade={(hall) => made(hall, true)} />
      </div>
    </>
  );
}

/** The hall as fans will see it, all of it free, and how many places each grade has. Of a preview its layout is given. */
function HallMap({ hall, layout: given }: { hall: Hall; layout?: Layout | undefined }) {
  const task = useMemo(() => new Task(), []);
  const sale = useMemo(() => new Sale(0), []);
  const { layoutHash } = hall;
  useEffect(() => {
    void task.do(async () => {
      const layout =
        given ?? (await ticketDesk.getSeatMap({ layoutHash }, { timeoutMs: import_ms }));
      const plan = readPlan(layout);
      sale.states = new SeatStates(layout.placeCount);
      sale.counts.value = { free: layout.placeCount, held: 0, sold: 0 };
      sale.freeByCategory.value = sale.states.freeByCategory(plan.category, plan.categories.length);
      sale.freeByArea.value = new Map(
        plan.sections
          .filter(({ standing }) => standing)
          .map(({ index, placeCount }) => [index, placeCount]),
      );
      sale.link.value = 'live';
      sale.plan.value = plan;
    });
    return () => sale.stop();
  }, [layoutHash, given, sale, task]);
  const plan = sale.plan.value;
  if (!plan)
    return task.failure.value ? (
      <Refusal task={task} />
    ) : (
      <p class="loading">{words.value.loading}</p>
    );
  return (
    <>
      <ul class="org-grades">
        {hall.categories.map(({ name, color }, category) => (
          <li key={`${category} ${name}`}>
            <span class="org-swatch" style={{ background: swatch(color, isDark.value) }} />
            {gradeName(name)}{' '}
            <span class="soft numeric">{count(sale.freeByCategory.value[category] ?? 0)}</span>
          </li>
        ))}
      </ul>
      <div class="org-map-frame">
        <SeatMap sale={sale} plan={plan} />
      </div>
    </>
  );
}

interface MakeProps {
  organiserId: number;
  onMade(hall: Hall): void;
}

/** What an import guessed or changed. */
function Notes({ notes }: { notes: PlanNote[] }) {
  const say = organiseWords.value;
  return (
    <ul class="org-notes">
      {notes.map(({ kind, subject, count: many, text }) => (
        <li key={text} data-note={kind}>
          {say.planNote(kind, subject, many, text)}
        </li>
      ))}
    </ul>
  );
}

/** In hundredths of the plan's units; null: the fields are empty, or no numbers. */
function stageOf(x: string, y: string) {
  const number = /^-?\d{1,6}(\.\d{1,2})?$/;
  if (!number.test(x.trim()) || !number.test(y.trim())) return null;
  return { x: Math.round(Number(x) * 100), y: Math.round(Number(y) * 100) };
}

const numberOf = (text: string) => (/^\d{1,6}$/.test(text.trim()) ? Number(text) : 0);

function Generate({ organiserId, onMade }: MakeProps) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const name = useSignal('');
  const capacity = useSignal('2000');
  const sections = useSignal('');
  const rows = useSignal('');
  const standing = useSignal('');
  const generate = () =>
    task.do(async () => {
      const hall = await ticketDesk.generateHall(
        {
          name: name.value,
          capacity: numberOf(capacity.value),
          sections: numberOf(sections.value),
          rows: numberOf(rows.value),
          standing: numberOf(standing.value),
          organiserId,
        },
        { timeoutMs: import_ms },
      );
      onMade(hall);
    });
  const lines = [
    ['capacity', say.capacity, capacity, ''],
    ['sections', say.sections, sections, say.auto],
    ['rows', say.rows, rows, say.auto],
    ['standing', say.standing, standing, ''],
  ] as const;
  return (
    <FormCard
      id="generate"
      title={say.generateTitle}
      text={say.generateText}
      task={task}
      onSubmit={() => void generate()}
    >
      <Line
        label={say.name}
        name="hall-name"
        value={name.value}
        onInput={(value) => {
          name.value = value;
        }}
      />
      <div class="org-fields">
        {lines.map(([key, label, text, hint]) => (
          <Line
            key={key}
            label={label}
            name={key}
            hint={hint}
            value={text.value}
            onInput={(value) => {
              text.value = value;
            }}
          />
        ))}
      </div>
      <button type="submit" class="primary" disabled={task.busy.value || !name.value.trim()}>
        {say.generate}
      </button>
    </FormCard>
  );
}

function Import({ organiserId, onMade }: MakeProps) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const name = useSignal('');
  const file = useSignal<File | null>(null);
  const stageX = useSignal('');
  const stageY = useSignal('');
  const preview = useSignal<HallPreview | null>(null);
  const wish = async (chosen: File) => {
    const plan = new Uint8Array(await chosen.arrayBuffer());
    const stage = stageOf(stageX.value, stageY.value);
    return { name: name.value, plan, organiserId, ...(stage ? { stage } : {}) };
  };
  const check = () =>
    task.do(async () => {
      if (!file.value) return;
      preview.value = await ticketDesk.previewHall(await wish(file.value), {
        timeoutMs: import_ms,
      });
    });
  const bring = () =>
    task.do(async () => {
      if (!file.value) return;
      const hall = await ticketDesk.importHall(await wish(file.value), { timeoutMs: import_ms });
      preview.value = null;
      onMade(hall);
    });
  const hall = preview.value?.hall;
  return (
    <FormCard
      id="import"
      title={say.importTitle}
      text={say.importText}
      task={task}
      onSubmit={() => void bring()}
    >
      <label class="field">
        <span>{say.file}</span>
        <input
          type="file"
          name="plan"
          accept=".json,.csv,.svg,application/json,text/csv,image/svg+xml"
          onChange={({ currentTarget }) => {
            file.value = currentTarget.files?.[0] ?? null;
            preview.value = null;
          }}
        />
      </label>
      <Line
        label={`${say.name} (${say.optional})`}
        name="import-name"
        value={name.value}
        onInput={(value) => {
          name.value = value;
        }}
      />
      <div class="org-fields">
        {(
          [
            ['stage-x', say.stageX, stageX],
            ['stage-y', say.stageY, stageY],
          ] as const
        ).map(([key, label, text]) => (
          <Line
            key={key}
            label={label}
            name={key}
            hint={say.stageHint}
            value={text.value}
            onInput={(value) => {
              text.value = value;
              preview.value = null;
            }}
          />
        ))}
      </div>
      {hall ? (
        <div data-preview={hall.placeCount}>
          <p class="soft">{say.hallFacts(count(hall.placeCount), count(hall.sectionCount))}</p>
          <Notes notes={hall.notes} />
          <HallMap key={hall.layoutHash} hall={hall} layout={preview.value?.seatMap} />
        </div>
      ) : null}
      <button
        type="button"
        class="plain"
        data-action="check-plan"
        disabled={task.busy.value || !file.value}
        onClick={() => void check()}
      >
        {say.checkPlan}
      </button>
      <button type="submit" class="primary" disabled={task.busy.value || !file.value}>
        {say.importAction}
      </button>
    </FormCard>
  );
}
