// A record of the monitor as a line of a table.

import type { Record } from '../gen/usher/v1/monitor_operate_pb';
import { date } from '../i18n/format';

export interface LogLine {
  key: string;
  cells: string[];
  traceId: string;
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
  const known = new Set([
    '@timestamp',
    'log.level',
    'ecs.version',
    'event.action',
    'message',
    'trace.id',
    'usher.span',
  ]);
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
      text('event.action') || text('usher.span'),
      [text('message'), ...rest].filter(Boolean).join(' '),
    ],
    traceId: text('trace.id'),
  };
}
