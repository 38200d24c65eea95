// How each process and its machine are, as it told last.

import type { Board, ProcessFigures } from '../gen/usher/v1/monitor_operate_pb';
import { count, date } from '../i18n/format';
import { operatorWords } from '../i18n/operator';
import { Icon } from '../parts/icon';
import { Table } from './operatorboard';

const silent_ms = 15_000;
const full = 0.9;

/** A share; null where one of the two is not known. */
const shareOf = (part: bigint, whole: bigint) =>
  part < 0n || whole <= 0n ? null : Number(part) / Number(whole);

const percent = (share: number | null) => (share === null ? '–' : `${Math.round(share * 100)} %`);

const megabytes = (bytes: bigint) => (bytes < 0n ? '–' : `${count(Number(bytes / 1_000_000n))} MB`);

/** A share that is marked where it is too high. */
const Share = ({ of }: { of: number | null }) =>
  of !== null && of >= full ? (
    <b class="board-full">
      <Icon name="alert" /> {percent(of)}
    </b>
  ) : (
    <>{percent(of)}</>
  );

const cellsOf = (one: ProcessFigures, atMs: bigint, silentFor: (s: string) => string) => [
  one.node,
  one.roles,
  Number(atMs - one.heardMs) > silent_ms ? (
    <b key="silent" class="board-full" data-silent>
      <Icon name="alert" /> {silentFor(count(Math.round(Number(atMs - one.heardMs) / 1000)))}
    </b>
  ) : (
    one.version
  ),
  one.startedMs < 0n ? '–' : date(one.startedMs, 'second'),
  percent(shareOf(one.cpuPermille, 1000n)),
  megabytes(one.residentBytes),
  <Share key="files" of={shareOf(one.openFiles, one.maxFiles)} />,
  percent(shareOf(one.hostCpuPermille, 1000n)),
  <Share
    key="memory"
    of={shareOf(one.hostMemoryBytes - one.hostMemoryFreeBytes, one.hostMemoryBytes)}
  />,
  <Share key="disk" of={shareOf(one.diskBytes - one.diskFreeBytes, one.diskBytes)} />,
];

export function Machines({ board }: { board: Board }) {
  const say = operatorWords.value;
  if (board.processes.length === 0) return null;
  return (
    <section class="board-part" data-part="machines">
      <h2>{say.machines}</h2>
      <Table
        label={say.machines}
        heads={say.machineHeads}
        rows={board.processes.map((one) => ({
          key: one.node,
          cells: cellsOf(one, board.atMs, say.silentFor),
        }))}
      />
    </section>
  );
}
