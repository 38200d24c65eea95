// One trace: what its calls and later work did, as a tree with times, and what was logged meanwhile.

import { type Signal, signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { monitor } from '../api/operate';
import type { Trace, TraceSpan } from '../gen/usher/v1/monitor_operate_pb';
import { date } from '../i18n/format';
import { operatorWords } from '../i18n/operator';
import { Table } from './operatorboard';
import { lineOf } from './operatorline';
import { Search } from './operatorsearch';

/** The trace that somebody wants to see. */
const wanted: Signal<string> = signal('');

/** Shows a trace in its part of the page. */
export function TraceLink({ id }: { id: string }) {
  return (
    <button
      type="button"
      class="quiet board-trace-link"
      data-trace={id}
      title={id}
      onClick={() => {
        wanted.value = id;
      }}
    >
      …{id.slice(-8)}
    </button>
  );
}

const ms = (us: bigint) => (Number(us) / 1000).toFixed(1);

function Spans({ spans }: { spans: readonly TraceSpan[] }) {
  const say = operatorWords.value;
  const begins = spans.map((span) => Number(span.atUs));
  const from = Math.min(...begins);
  const to = Math.max(...spans.map((span) => Number(span.atUs + span.tookUs)), from + 1);
  const part = (us: number) => `${((100 * us) / (to - from)).toFixed(2)}%`;
  return (
    <ol class="board-trace" aria-label={say.traceSpans}>
      {spans.map((span) => (
        <li key={span.spanId} data-span={span.name} data-failed={span.failed}>
          <span class="board-trace-name" style={{ paddingInlineStart: `${span.depth}rem` }}>
            {span.failed ? `✕ ${span.name}` : span.name}
          </span>
          <span class="board-trace-bar" aria-hidden="true">
            <i
              style={{
                insetInlineStart: part(Number(span.atUs) - from),
                width: part(Number(span.tookUs)),
              }}
            />
          </span>
          <span class="numeric">{ms(span.tookUs)} ms</span>
          <span class="soft">{[span.facts, span.node].filter(Boolean).join(' · ')}</span>
        </li>
      ))}
    </ol>
  );
}

export function Traces() {
  const say = operatorWords.value;
  const text = useSignal('');
  const found = useSignal<Trace | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const look = async (traceId: string) => {
    found.value = await monitor.getTrace({ traceId }, { timeoutMs: 10_000 });
  };
  const asked = wanted.value;
  useEffect(() => {
    if (!asked) return;
    text.value = asked;
    wanted.value = '';
    void look(asked)
      .then(() => place.current?.scrollIntoView({ block: 'nearest' }))
      .catch(() => null);
  }, [asked]);
  const trace = found.value;
  return (
    <div ref={place}>
      <Search
        part="traces"
        title={say.trace}
        label={say.traceText}
        name="trace-id"
        action="trace"
        text={text}
        search={() => look(text.value.trim())}
      >
        {trace && trace.spans.length + trace.lines.length === 0 ? (
          <output>{say.found(0)}</output>
        ) : null}
        {trace && trace.spans.length > 0 ? (
          <>
            <p class="soft">
              {date(Number((trace.spans[0]?.atUs ?? 0n) / 1000n), 'second')} · {trace.traceId}
            </p>
            <Spans spans={trace.spans} />
          </>
        ) : null}
        {trace && trace.lines.length > 0 ? (
          <div class="board-log">
            <Table label={say.logs} heads={say.logHeads} rows={trace.lines.map(lineOf)} />
          </div>
        ) : null}
      </Search>
    </div>
  );
}
