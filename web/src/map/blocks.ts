// Large halls from far away: a section is one block, filled as far as its places are free. Seats come when one comes nearer.

import type { Palette } from './palette';
import type { Plan, PlanSection } from './plan';
import type { View } from './viewport';

export interface Block {
  section: PlanSection;
  outline: Float32Array; // x, y pairs, around its seats' middles
}

/** How a section stands: its share of free places, and the category that most of these have. */
export interface Share {
  free: number;
  share: number; // 0 … 1, of all its places
  category: number;
}

const many_seats = 4_000; // fewer can be told apart on any screen
const many_sections = 8;

/** The blocks of a hall that is large enough for them; none otherwise. */
export function blocksOf(plan: Plan): Block[] {
  if (plan.count < many_seats || plan.sections.length < many_sections) return [];
  const rows: number[][] = plan.sections.map(() => []);
  plan.rows.forEach((row, index) => {
    if (row.seatCount > 0) rows[row.section]?.push(index);
  });
  return plan.sections.flatMap((section) => {
    if (section.standing) return [];
    const outline = around(plan, rows[section.index] ?? []);
    return outline.length < 6 ? [] : [{ section, outline: Float32Array.from(outline) }];
  });
}

// Along the first row, down the ends of the rows, back along the last one, and up again: curved rows stay curved.
function around(plan: Plan, rows: readonly number[]): number[] {
  const points: number[] = [];
  const put = (seat: number) => points.push(plan.x[seat] ?? 0, plan.y[seat] ?? 0);
  const ends = rows.map((row) => {
    const { firstSeat = 0, seatCount = 1 } = plan.rows[row] ?? {};
    const last = firstSeat + seatCount - 1;
    // Rows may run either way; all are taken as running the way of the first.
    return { from: firstSeat, to: last };
  });
  const [first] = ends;
  const back = ends.at(-1);
  if (!first || !back) return points;
  const runs = (end: { from: number; to: number }) =>
    ((plan.x[end.to] ?? 0) - (plan.x[end.from] ?? 0)) *
      ((plan.x[first.to] ?? 0) - (plan.x[first.from] ?? 0)) +
      ((plan.y[end.to] ?? 0) - (plan.y[end.from] ?? 0)) *
        ((plan.y[first.to] ?? 0) - (plan.y[first.from] ?? 0)) >=
    0;
  const turned = ends.map((end) => (runs(end) ? end : { from: end.to, to: end.from }));
  const walk = ({ from, to }: { from: number; to: number }) => {
    const step = to >= from ? 1 : -1;
    for (let seat = from; seat !== to; seat += step) put(seat);
    put(to);
  };
  const last = turned.at(-1) ?? first;
  walk(first);
  for (const end of turned.slice(1, -1)) put(end.to);
  if (rows.length > 1) walk({ from: last.to, to: last.from });
  for (const end of turned.slice(1, -1).reverse()) put(end.from);
  return points;
}

/** One look at every seat; `free` tells whether it can be had, `only` is the category that is looked for, or null. */
export function sharesOf(
  plan: Plan,
  free: (seat: number) => boolean,
  only: number | null = null,
): Share[] {
  const byCategory = new Uint32Array(plan.categories.length);
  return plan.sections.map(({ firstSeat, placeCount, category }) => {
    byCategory.fill(0);
    let all = 0;
    for (let seat = firstSeat; seat < firstSeat + placeCount; seat++) {
      const of = plan.category[seat] ?? 0;
      if ((only !== null && of !== only) || !free(seat)) continue;
      byCategory[of] = (byCategory[of] ?? 0) + 1;
      all++;
    }
    let most = category;
    byCategory.forEach((count, index) => {
      if (count > (byCategory[most] ?? 0)) most = index;
    });
    return { free: all, share: placeCount > 0 ? all / placeCount : 0, category: most };
  });
}

const least = 0.3; // of its colour, where a single place is free: one must still see it

export function paintBlocks(
  context: OffscreenCanvasRenderingContext2D,
  blocks: readonly Block[],
  shares: readonly Share[],
  palette: Palette,
  plan: Plan,
  view: View,
): void {
  context.lineJoin = 'round';
  context.lineWidth = plan.pitch * view.scale;
  for (const { section, outline } of blocks) {
    context.beginPath();
    for (let i = 0; i < outline.length; i += 2) {
      context.lineTo(
        (outline[i] ?? 0) * view.scale + view.x,
        (outline[i + 1] ?? 0) * view.scale + view.y,
      );
    }
    context.closePath();
    const share = shares[section.index];
    const paint = share && share.free > 0 ? palette.blocks[share.category] : undefined;
    const color = paint ? paint(least + (1 - least) * (share?.share ?? 0)) : palette.sold;
    context.fillStyle = color;
    context.strokeStyle = color;
    context.stroke();
    context.fill();
  }
}
