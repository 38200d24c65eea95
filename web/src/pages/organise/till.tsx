import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { tillDesk } from '../../api/organise';
import type { Membership } from '../../gen/usher/v1/auth_pb';
import { SaleState } from '../../gen/usher/v1/ticket_pb';
import { type Till, type TillEntry, TillEntryKind } from '../../gen/usher/v1/till_manage_pb';
import { count, date, money, starts } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { tillWords } from '../../i18n/till';
import { words } from '../../i18n/words';
import { Notice } from '../../parts/notice';
import { readAmount } from '../../state/amount';
import { announce } from '../../state/announce';
import { loadOwn, manages, options, ownEvents, Task } from '../../state/organise';
import { Figures } from './figures';
import { Check, Choice, FormCard, Line, Refusal } from './form';
import { Counter } from './tillcounter';

const entries_shown = 100;

/** The box office: what is sold over its counter, and what is in the drawer. */
export function TillPage({ acting }: { acting: Membership }) {
  const say = tillWords.value;
  const task = useMemo(() => new Task(), []);
  const till = useSignal<Till | null>(null);
  const known = useSignal(false);
  const told = useSignal('');
  const { organiserId } = acting;
  const load = async () => {
    const now = await tillDesk.getTill({ organiserId }, options);
    till.value = now.tillId ? now : null;
    known.value = true;
  };
  useEffect(() => {
    void task.do(async () => {
      if (!ownEvents.peek()) await loadOwn();
      await load();
    });
  }, []);
  const now = till.value;
  return (
    <>
      <header class="org-head">
        <h1>{say.part}</h1>
      </header>
      <Refusal task={task} />
      {told.value ? <Notice tone="plain" icon="check" title={told.value} /> : null}
      {!known.value ? <p class="loading">{words.value.loading}</p> : null}
      {known.value && !now ? (
        <Opening
          organiserId={organiserId}
          onDone={(opened) => {
            told.value = '';
            till.value = opened;
          }}
        />
      ) : null}
      {now ? (
        <>
          <Desk till={now} onSold={() => void task.do(load)} />
          <Drawer
            till={now}
            onClosed={(closed) => {
              told.value = say.closed(money(closed.difference, closed));
              announce(told.value);
              till.value = null;
            }}
          />
        </>
      ) : null}
      {manages(acting.role) ? <Rules organiserId={organiserId} /> : null}
    </>
  );
}

function Opening({ organiserId, onDone }: { organiserId: number; onDone(till: Till): void }) {
  const say = tillWords.value;
  const task = useMemo(() => new Task(), []);
  const opening = useSignal('0');
  const first = (ownEvents.value ?? []).flatMap(({ performances }) => performances)[0];
  const currency = first?.currency ?? 'KRW';
  const amount = readAmount(opening.value, first?.currencyDigits ?? 0);
  return (
    <FormCard
      id="open-till"
      title={say.openTitle}
      text={say.openText}
      task={task}
      onSubmit={() => {
        if (amount === null) return;
        void task.do(async () => {
          const wish = { organiserId, currency, openingAmount: amount };
          onDone(await tillDesk.openTill(wish, options));
        });
      }}
    >
      <Line
        label={`${say.opening} (${currency})`}
        name="opening"
        value={opening.value}
        wrong={amount === null ? say.badAmount : ''}
        onInput={(value) => {
          opening.value = value;
        }}
      />
      <p class="org-actions">
        <button type="submit" class="primary" disabled={task.busy.value || amount === null}>
          {say.open}
        </button>
      </p>
    </FormCard>
  );
}

/** Of which date is sold, and the counter of it. */
function Desk({ till, onSold }: { till: Till; onSold(): void }) {
  const say = tillWords.value;
  const dates = (ownEvents.value ?? [])
    .flatMap(({ performances }) => performances)
    .filter((one) => one.saleState === SaleState.OPEN && one.currency === till.currency);
  const chosen = useSignal(0);
  const performance = dates.find(({ performanceId }) => performanceId === chosen.value) ?? dates[0];
  if (!performance) return <p class="soft">{say.noDate}</p>;
  return (
    <>
      <Choice
        label={say.date}
        name="till-date"
        value={String(performance.performanceId)}
        options={dates.map((one) => [
          String(one.performanceId),
          `${one.eventName} · ${starts(one, 'full')}`,
        ])}
        onChange={(value) => {
          chosen.value = Number(value);
        }}
      />
      <Counter
        key={performance.performanceId}
        performance={performance}
        till={till}
        onSold={onSold}
      />
    </>
  );
}

/** What the till has, and its end. */
function Drawer({ till, onClosed }: { till: Till; onClosed(till: Till): void }) {
  const say = tillWords.value;
  const task = useMemo(() => new Task(), []);
  const entries = useSignal<TillEntry[]>([]);
  const counted = useSignal('');
  const note = useSignal('');
  const { tillId, sales, refunds, comps } = till;
  useEffect(() => {
    void task.do(async () => {
      const after = sales + refunds + comps - entries_shown;
      const wish = {
        tillId,
        afterNumber: BigInt(Math.max(0, after)),
        pageSize: entries_shown,
      };
      entries.value = (await tillDesk.listTillEntries(wish, options)).entries.reverse();
    });
  }, [tillId, sales, refunds, comps]);
  const amount = readAmount(counted.value, till.currencyDigits);
  const figure = (name: keyof typeof say.figures, value: string) => ({
    name,
    label: say.figures[name],
    value,
  });
  return (
    <>
      <section class="card" data-till={till.tillId} aria-labelledby="drawer-title">
        <h2 id="drawer-title">{say.drawer}</h2>
        <Figures
          list={[
            figure('expected', money(till.expected, till)),
            figure('cash', money(till.cashTaken, till)),
            figure('card', money(till.cardTaken, till)),
            figure('back', money(till.cashReturned + till.cardReturned, till)),
            figure('comps', count(till.compPlaces)),
          ]}
        />
        <h3>{say.entries}</h3>
        {entries.value.length === 0 ? <p class="soft">{say.entriesNone}</p> : null}
        <ul class="org-list">
          {entries.value.map((entry) => (
            <li key={String(entry.number)} data-entry={String(entry.number)}>
              <span>
                <strong class="numeric">{entry.orderNumber}</strong>
                <span class="soft">
                  {[
                    say.kinds[entry.kind] ?? '',
                    date(entry.atMs, 'short'),
                    say.places(count(entry.places)),
                    entry.note,
                    entry.isVoid ? say.void : '',
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              </span>
              <strong class="numeric">
                {entry.kind === TillEntryKind.REFUND ? '−' : ''}
                {money(entry.amount, till)}
              </strong>
            </li>
          ))}
        </ul>
      </section>
      <FormCard
        id="close-till"
        title={say.closeTitle}
        text={say.closeText}
        task={task}
        onSubmit={() => {
          if (amount === null) return;
          void task.do(async () => {
            const wish = { tillId, counted: amount, note: note.value.trim() };
            onClosed(await tillDesk.closeTill(wish, options));
          });
        }}
      >
        <div class="org-fields">
          <Line
            label={`${say.counted} (${till.currency})`}
            name="counted"
            value={counted.value}
            wrong={counted.value && amount === null ? say.badAmount : ''}
            onInput={(value) => {
              counted.value = value;
            }}
          />
          <Line
            label={`${say.note} (${organiseWords.value.optional})`}
            name="till-note"
            value={note.value}
            onInput={(value) => {
              note.value = value.slice(0, 33); // in bytes it is at most 100
            }}
          />
        </div>
        <p class="org-actions">
          <button type="submit" class="plain" disabled={task.busy.value || amount === null}>
            {say.close}
          </button>
        </p>
      </FormCard>
    </>
  );
}

function Rules({ organiserId }: { organiserId: number }) {
  const say = tillWords.value;
  const task = useMemo(() => new Task(), []);
  const comps = useSignal<boolean | null>(null);
  useEffect(() => {
    void task.do(async () => {
      comps.value = (await tillDesk.getTillRules({ organiserId }, options)).boxOfficeComps;
    });
  }, [organiserId]);
  if (comps.value === null) return <Refusal task={task} />;
  return (
    <div class="card">
      <Refusal task={task} />
      <Check
        name="box-office-comps"
        checked={comps.value}
        onChange={(boxOfficeComps) =>
          void task.do(async () => {
            const wish = { rules: { organiserId, boxOfficeComps } };
            comps.value = (await tillDesk.setTillRules(wish, options)).boxOfficeComps;
          })
        }
      >
        {say.compsRule}
      </Check>
    </div>
  );
}
