// What a place of a plan is called.

import type { Plan } from '../map/plan';
import { words } from './words';

export function placeName(plan: Plan, seat: number): string {
  const section = plan.sections[plan.section[seat] ?? -1]?.name ?? '';
  const row = plan.rows[plan.row[seat] ?? -1]?.name ?? '';
  return words.value.seatLabel(section, row, plan.numbers[seat] ?? '');
}
