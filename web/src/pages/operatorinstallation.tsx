// What only the operator sees: who lives and owns what, and what the processes say.

import { useSignal } from '@preact/signals';
import { monitor } from '../api/operate';
import { RecordLevel, RecordStream } from '../gen/usher/v1/monitor_operate_pb';
import type { Status } from '../gen/usher/v1/owner_operate_pb';
import { count } from '../i18n/format';
import { operatorWords } from '../i18n/operator';
import { Table } from './operatorboard';
import { type LogLine, lineOf } from './operatorline';
import { Search } from './operatorsearch';
import { TraceLink } from './operatortrace';

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

/** As a row, with its trace behind it. */
const rowOf = ({ key, cells, traceId }: LogLine) => ({
  key,
  cells: [
    ...cells.slice(0, 3),
    traceId ? <TraceLink key={traceId} id={traceId} /> : '',
    ...cells.slice(3),
  ],
});

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
              <Table
                label={say.logs}
                heads={[...say.logHeads.slice(0, 3), say.trace, ...say.logHeads.slice(3)]}
                rows={found.value.map(rowOf)}
              />
            </div>
          ) : null}
        </>
      ) : null}
    </Search>
  );
}
