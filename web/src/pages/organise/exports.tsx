import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { orderDesk } from '../../api/organise';
import { ExportFormat, ExportKind } from '../../gen/usher/v1/door_manage_pb';
import { count } from '../../i18n/format';
import { tradeWords } from '../../i18n/trade';
import { language } from '../../i18n/words';
import { announce } from '../../state/announce';
import { download } from '../../state/download';
import { Task } from '../../state/organise';
import { Choice, Refusal } from './form';

const formats = {
  csv: { format: ExportFormat.CSV, type: 'text/csv;charset=utf-8' },
  xlsx: {
    format: ExportFormat.XLSX,
    type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  },
} as const;
const kinds = [
  ['tickets', ExportKind.TICKETS],
  ['orders', ExportKind.ORDERS],
  ['settlement', ExportKind.SETTLEMENT],
] as const;

interface ExportsProps {
  performanceId?: number;
  eventId?: number;
}

/** Files for a spreadsheet: of a performance, or of all dates of an event. */
export function Exports({ performanceId = 0, eventId = 0 }: ExportsProps) {
  const say = tradeWords.value;
  const task = useMemo(() => new Task(), []);
  const kind = useSignal<ExportKind>(ExportKind.TICKETS);
  const rows = useSignal(0);
  const fetchFile = (ending: keyof typeof formats) =>
    task.do(async () => {
      const { format, type } = formats[ending];
      const pieces: Uint8Array[] = [];
      let whole = false;
      rows.value = 0;
      const wish = { performanceId, eventId, kind: kind.value, format, language: language.value };
      for await (const piece of orderDesk.exportOrders(wish, {})) {
        if (piece.data.length) pieces.push(piece.data);
        rows.value = Number(piece.rows);
        whole ||= piece.done;
      }
      if (!whole) throw new Error('the file is not whole');
      const name = kinds.find(([, number]) => number === kind.value)?.[0] ?? 'file';
      const of = performanceId ? `performance-${performanceId}` : `event-${eventId}`;
      download(`${name}-${of}.${ending}`, type, joined(pieces));
      announce(say.exported(count(rows.value)));
    });
  return (
    <section class="card" aria-labelledby="exports-title" data-exports>
      <h2 id="exports-title">{say.exports}</h2>
      <p class="soft">{say.exportsText}</p>
      <Refusal task={task} />
      <div class="org-hook-again">
        <Choice
          label={say.exportKind}
          name="export-kind"
          value={String(kind.value)}
          options={kinds.map(([name, number]) => [String(number), say.exportKinds[name]])}
          onChange={(value) => {
            kind.value = Number(value);
          }}
        />
        {(['xlsx', 'csv'] as const).map((ending) => (
          <button
            key={ending}
            type="button"
            class="plain"
            data-action={`export-${ending}`}
            disabled={task.busy.value}
            onClick={() => void fetchFile(ending)}
          >
            {say.exportAs[ending]}
          </button>
        ))}
      </div>
      <output>{task.busy.value || rows.value ? say.exported(count(rows.value)) : ''}</output>
    </section>
  );
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
