// What only the operator sees: who lives and owns what, and what the processes say.

import { useSignal } from '@preact/signals';
import { monitor } from '../api/operate';
import { type Record, RecordLevel, RecordStream } from '../gen/usher/v1/monitor_operate_pb';
import type { Status } from '../gen/usher/v1/owner_operate_pb';
import { count, date } from '../i18n/format';
import { operatorWords } from '../i18n/operator';
import { Table } from './operatorboard';
import { Search } from './operatorsearch';

/** The address of a process; the id behind it is for machines. */
const addressOf = (process: string) => process.split(' ')[0] ?? '';

export function Processes({ status }: { status: Status | null }) {
  const say = operatorWords.value;
  if (!status) return null;
  const owned = (process: string) =>
    status.performances.filter(({ owner }) => owner === process).length;
  const without = status.coordinated
    ? status.performances.filter(({ owner, serving }) => !owner && !serving).length
    : status.performances.filter(({ serving }) => !serving).length;
  return (
    <section class="board-part" data-part="processes" data-unowned={without}>
      <h2>{say.processes}</h2>
      {status.coordinated && !status.coordinationUp ? (
        <p class="board-found">{say.noCoordinator}</p>
      ) : null}
      {without > 0 ? <p class="board-found">{say.unowned(count(without))}</p> : null}
      {status.coordinated ? (
        <Table
          label={say.processes}
          heads={say.processHeads}
          rows={status.processes.map((process) => ({
            key: process,
            cells: [
              `${addressOf(process)}${process === status.process ? ` (${say.asked})` : ''}`,
              say.owned(count(owned(process))),
            ],
          }))}
        />
      ) : (
        <p class="soft">{say.alone}</p>
      )}
    </section>
  );
}

interface LogLine {
  key: string;
  cells: string[];
}

const levels = ['', 'debug', 'info', 'warn', 'error'];

/** A record is one object in ECS form; what it says most of stands in the table. */
export function lineOf(record: Record): LogLine {
  let said: { [field: string]: unknown } = {};
  try {
    said = JSON.parse(new TextDecoder().decode(record.json)) as typeof said;
  } catch {
    // Shown with its time alone.
  }
  const text = (field: string) => (said[field] === undefined ? '' : String(said[field]));
  const known = new Set(['@timestamp', 'log.level', 'ecs.version', 'event.action', 'message']);
  const rest = Object.entries(said)
    .filter(
      ([field]) => !known.has(field) && !/^(service|process|event\.(kind|dataset|id))/.test(field),
    )
    .map(
      ([field, value]) => `${field}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
    );
  return {
    key: String(record.number),
    cells: [
      date(record.atMs, 'second'),
      levels[record.level] ?? '',
      text('event.action'),
      [text('message'), ...rest].filter(Boolean).join(' '),
    ],
  };
}

export function Logs() {
  const say = operatorWords.value;
  const words = useSignal('');
  const errors = useSignal(false);
  const found = useSignal<LogLine[] | null>(null);
  const search = async () => {
    const { records } = await monitor.searchRecords(
      {
        text: words.value,
        level: errors.value ? RecordLevel.WARN : RecordLevel.UNSPECIFIED,
        stream: RecordStream.UNSPECIFIED,
        pageSize: 50,
      },
      { timeoutMs: 10_000 },
    );
    found.value = records.map(lineOf);
  };
  const onlyErrors = (
    <label class="check">
      <input
        type="checkbox"
        name="errors"
        checked={errors.value}
        onChange={(event) => {
          errors.value = event.currentTarget.checked;
        }}
      />
      <span>{say.errorsOnly}</span>
    </label>
  );
  return (
    <Search
      part="logs"
      title={say.logs}
      label={say.logWords}
      name="log-words"
      action="search"
      text={words}
      search={search}
      more={onlyErrors}
    >
      {found.value ? (
        <>
          <output data-found={found.value.length}>{say.found(found.value.length)}</output>
          {found.value.length > 0 ? (
            <div class="board-log">
              <Table label={say.logs} heads={say.logHeads} rows={found.value} />
            </div>
          ) : null}
        </>
      ) : null}
    </Search>
  );
}
