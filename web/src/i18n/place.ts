// What a place of a plan is called.

import type { Plan } from '../map/plan';
import { words } from './words';

export function placeName(plan: Plan, seat: number): string {
  const section = plan.sections[plan.section[seat] ?? -1]?.name ?? '';
  const row = plan.rows[plan.row[seat] ?? -1];
  const number = plan.numbers[seat] ?? '';
  const kind = words.value.seatKinds[plan.kind[seat] ?? 0];
  const name =
    row && (row.label || row.seatLabel)
      ? [section, filled(row.label, row.name), filled(row.seatLabel, number)].join(', ')
      : words.value.seatLabel(section, row?.name ?? '', number);
  return kind ? `${name} (${kind})` : name;
}

/** The plan's own words, "Reihe %s"; without %s the name follows. */
function filled(label: string, name: string): string {
  if (!label) return name;
  return label.includes('%s') ? label.replace('%s', () => name) : `${label} ${name}`;
}
