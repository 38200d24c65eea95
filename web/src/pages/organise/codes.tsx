import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import type { PriceCode } from '../../gen/usher/v1/ledger_manage_pb';
import type { CodeReport } from '../../gen/usher/v1/ticket_manage_pb';
import type { Performance } from '../../gen/usher/v1/ticket_pb';
import { count, dateInZone, gradeName, money } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { announce } from '../../state/announce';
import { download } from '../../state/download';
import { options, Task } from '../../state/organise';
import { emptyCode, readCode, type TypedCode } from '../../state/pricecodes';
import { ownZone } from '../../state/zone';
import { Line, Refusal } from './form';

/** Codes of a date: what was held and sold with each, and one more. */
export function Codes({ performance, onDone }: { performance: Performance; onDone(): void }) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const known = useSignal<CodeReport[]>([]);
  const next = useSignal(1);
  const { performanceId } = performance;
  const load = () =>
    task.do(async () => {
      const told = await ticketDesk.listPriceCodes({ performanceId }, options);
      known.value = told.codes;
      next.value = told.nextNumber;
    });
  useEffect(() => void load(), [performanceId]);
  const codes = () => known.value.flatMap(({ code }) => (code ? [code] : []));
  const set = async (list: PriceCode[], hidden?: number[]) => {
    const done = await task.do(async () => {
      await ticketDesk.setPrices(
        {
          performanceId,
          codes: { codes: list },
          ...(hidden ? { hidden: { categories: hidden } } : {}),
        },
        options,
      );
    });
    if (!done) return;
    announce(say.codesSaved);
    onDone();
  };
  const print = (number: number) =>
    task.do(async () => {
      let text = 'code\n';
      for (let from = 0, more = true; more; ) {
        const part = await ticketDesk.getGeneratedCodes(
          { performanceId, number, fromIndex: from },
          options,
        );
        text += part.codes.map((one) => `${one}\n`).join('');
        from += part.codes.length;
        more = part.more;
      }
      download(`codes-${performanceId}-${number}.csv`, 'text/csv', new TextEncoder().encode(text));
    });
  const hidden = performance.hiddenCategories;
  const grades = performance.hall?.categories ?? [];
  return (
    <section class="org-move" aria-label={say.codesTitle} data-part="codes">
      <h3>{say.codesTitle}</h3>
      <p class="soft">{say.codesHint}</p>
      <Refusal task={task} />
      <ul class="org-list">
        {known.value.map(({ code, places }) =>
          code ? (
            <li key={code.number} data-code={code.number}>
              <span>
                <strong>{code.count > 0 ? say.generated(count(code.count)) : code.word}</strong>
                <span class="soft">{whatOf(code, performance, places)}</span>
              </span>
              {code.count > 0 ? (
                <button
                  type="button"
                  class="plain"
                  data-action="print-codes"
                  onClick={() => void print(code.number)}
                >
                  CSV
                </button>
              ) : null}
              <button
                type="button"
                class="plain"
                data-action="take-out-code"
                disabled={task.busy.value}
                onClick={() => void set(codes().filter((one) => one.number !== code.number))}
              >
                {say.takeBack}
              </button>
            </li>
          ) : null,
        )}
      </ul>
      <fieldset>
        <legend>{say.hiddenTitle}</legend>
        {grades.map(({ name }, category) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              name={`hide-${category}`}
              checked={hidden.includes(category)}
              disabled={task.busy.value}
              onChange={({ currentTarget }) =>
                void set(
                  codes(),
                  grades
                    .map((_, i) => i)
                    .filter((i) => (i === category ? currentTarget.checked : hidden.includes(i))),
                )
              }
            />
            <span>{gradeName(name)}</span>
          </label>
        ))}
      </fieldset>
      <NewCode
        performance={performance}
        busy={task.busy.value}
        onAdd={(code) => void set([...codes(), { ...code, number: next.value }])}
      />
    </section>
  );
}

function whatOf(code: PriceCode, performance: Performance, places: number): string {
  const say = organiseWords.value;
  const grades = performance.hall?.categories ?? [];
  const zone = performance.timeZone || ownZone();
  return [
    code.offPermille ? `−${code.offPermille / 10} %` : '',
    code.offAmount ? `−${money(code.offAmount, performance)}` : '',
    code.opens.map((one) => gradeName(grades[one]?.name ?? '')).join(', '),
    code.places ? say.codeUsedOf(count(places), count(code.places)) : say.codeUsed(count(places)),
    code.untilMs ? say.codeUntil(dateInZone(zone, Number(code.untilMs), 'full')) : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

interface NewProps {
  performance: Performance;
  busy: boolean;
  onAdd(code: PriceCode): void;
}

function NewCode({ performance, busy, onAdd }: NewProps) {
  const say = organiseWords.value;
  const typed = useSignal<TypedCode>(emptyCode);
  const tried = useSignal(false);
  const put = (part: Partial<TypedCode>) => {
    typed.value = { ...typed.value, ...part };
  };
  const { code, wrong } = readCode(
    typed.value,
    performance.currencyDigits,
    performance.timeZone || ownZone(),
  );
  const bad = (name: keyof TypedCode) => (tried.value && wrong.has(name) ? say.badCode : '');
  return (
    <form
      data-form="code"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        tried.value = true;
        if (code) onAdd(code);
      }}
    >
      <div class="org-fields">
        <Line
          label={say.codeWord}
          name="code-word"
          hint={say.codeWordHint}
          value={typed.value.word}
          wrong={bad('word')}
          onInput={(word) => put({ word })}
        />
        <Line
          label={say.codeCount}
          name="code-count"
          type="number"
          value={typed.value.count}
          wrong={bad('count')}
          onInput={(n) => put({ count: n })}
        />
        <Line
          label={say.codePercent}
          name="code-percent"
          value={typed.value.percent}
          wrong={bad('percent')}
          onInput={(percent) => put({ percent })}
        />
        <Line
          label={say.codeAmount}
          name="code-amount"
          value={typed.value.amount}
          wrong={bad('amount')}
          onInput={(amount) => put({ amount })}
        />
        <Line
          label={say.codePlaces}
          name="code-places"
          type="number"
          hint={say.codePlacesHint}
          value={typed.value.places}
          wrong={bad('places')}
          onInput={(places) => put({ places })}
        />
        <Line
          label={say.codeAccount}
          name="code-account"
          type="number"
          value={typed.value.account}
          wrong={bad('account')}
          onInput={(account) => put({ account })}
        />
        <Line
          label={say.codeFrom}
          name="code-from"
          type="datetime-local"
          value={typed.value.from}
          wrong={bad('from')}
          onInput={(from) => put({ from })}
        />
        <Line
          label={say.codeTo}
          name="code-until"
          type="datetime-local"
          value={typed.value.until}
          wrong={bad('until')}
          onInput={(until) => put({ until })}
        />
      </div>
      <fieldset>
        <legend>{say.codeOpens}</legend>
        {(performance.hall?.categories ?? []).map(({ name }, category) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              name={`opens-${category}`}
              checked={typed.value.opens.includes(category)}
              onChange={({ currentTarget }) =>
                put({
                  opens: currentTarget.checked
                    ? [...typed.value.opens, category].sort((a, b) => a - b)
                    : typed.value.opens.filter((one) => one !== category),
                })
              }
            />
            <span>{gradeName(name)}</span>
          </label>
        ))}
      </fieldset>
      <button type="submit" class="primary" data-action="add-code" disabled={busy}>
        {say.addCode}
      </button>
    </form>
  );
}
