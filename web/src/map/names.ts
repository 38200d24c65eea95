// Words on the map: names of sections and letters of rows.

import type { Share } from './blocks';
import type { Grid } from './grid';
import type { Palette } from './palette';
import type { Box, Plan, PlanSection } from './plan';
import { type Size, toScreen, toWorld, type View } from './viewport';

export interface Words {
  stage: string;
  area(section: PlanSection): string[][]; // lines of a label; the fullest that fits is written
  block(section: PlanSection, share: Share): string[][]; // the same of a section far away
}

/** What names are drawn from. */
export interface Named {
  readonly plan: Plan;
  readonly grid: Grid;
  readonly palette: Palette;
  readonly words: Words;
}

/** The name of a row at one of its ends, in the hall's units. */
export interface Letter {
  name: string;
  x: number;
  y: number;
}

export const font =
  '"Usher Sans", system-ui, "Apple SD Gothic Neo", "Noto Sans CJK KR", "Malgun Gothic", sans-serif';
export const numbers_from_px = 19; // a seat's cell, CSS pixels
const names_below_px = 13; // over the seats; beside them where these are larger
const aisle_cells = 3.2; // the widest gap between rows that count as one

/** Rows on both sides of an aisle share their letter. */
export function lettersOf(plan: Plan): Letter[] {
  const letters: Letter[] = [];
  const written = new Map<string, Letter[]>();
  for (const { name, firstSeat, seatCount } of plan.rows) {
    if (!name || seatCount === 0) continue;
    const lastSeat = firstSeat + seatCount - 1;
    const runsRight = (plan.x[lastSeat] ?? 0) >= (plan.x[firstSeat] ?? 0);
    for (const [seat, side] of [
      [firstSeat, -1],
      [lastSeat, 1],
    ] as const) {
      const angle = plan.angle[seat] ?? 0;
      const out = side * (runsRight ? 1 : -1) * plan.pitch * 0.76;
      const x = (plan.x[seat] ?? NaN) + Math.cos(angle) * out;
      const y = (plan.y[seat] ?? NaN) + Math.sin(angle) * out;
      if (Number.isNaN(x)) continue;
      const same = written.get(name) ?? [];
      if (same.some((one) => Math.hypot(one.x - x, one.y - y) < plan.pitch * aisle_cells)) continue;
      const letter = { name, x, y };
      same.push(letter);
      written.set(name, same);
      letters.push(letter);
    }
  }
  return letters;
}

/** Names of sections: over the seats while these are too small to tell them apart, else beside them; of standing areas
 *  within. One never covers another. `shares`: of every section's free places, where it is far away; else null. */
export function drawNames(
  context: CanvasRenderingContext2D,
  named: Named,
  view: View,
  shares: readonly Share[] | null,
): void {
  const { plan, palette, words } = named;
  const cell = plan.pitch * view.scale;
  const placed: Box[] = [];
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const section of plan.sections) {
    if (!section.name) continue;
    const small = cell < 8 && !section.standing;
    context.font = `650 ${small ? 11 : 12}px ${font}`;
    const widthOf = (lines: string[]) =>
      Math.max(...lines.map((line) => context.measureText(line).width)) + (small ? 9 : 16);
    const room = (section.box.right - section.box.left) * view.scale;
    const most = Math.max(room * (section.standing ? 1 : 1.15), 44);
    const share = shares?.[section.index];
    const labels = section.standing
      ? words.area(section)
      : share
        ? words.block(section, share)
        : [[section.name]];
    const inside = section.standing || cell < names_below_px;
    let lines: string[] | undefined;
    let box: Box | undefined;
    // The fullest label that fits, and covers no other.
    for (const label of labels) {
      const width = widthOf(label);
      if (width > most) continue;
      // A share stands within its block alone: the names of its neighbours are worth more.
      const tall = (section.box.bottom - section.box.top) * view.scale;
      if (share && label.length > 1 && (width > room || label.length * 15 > tall)) continue;
      const size = { width, height: (small ? 1 : 8) + label.length * (small ? 14 : 16) };
      const places = inside ? [boxAt(toScreen(view, section.x, section.y), size)] : [];
      if (!inside) places.push(...besides(named, section, view, size));
      box = places.find((place) => !placed.some((other) => overlap(other, place)));
      lines = label;
      if (box) break;
    }
    if (!box || !lines) continue;
    placed.push(box);
    context.fillStyle = palette.labelGround;
    context.beginPath();
    context.roundRect(box.left, box.top, box.right - box.left, box.bottom - box.top, small ? 5 : 7);
    context.fill();
    context.fillStyle = palette.label;
    lines.forEach((line, i) => {
      context.fillText(
        line,
        (box.left + box.right) / 2,
        box.top + (small ? 9 : 12) + i * (small ? 13 : 16),
      );
      context.font = `500 11px ${font}`;
    });
  }
}

/** Where a name may stand beside its section: on no seat and not on the stage; else over it, while seats are small. */
function besides(named: Named, section: PlanSection, view: View, { width, height }: Size): Box[] {
  const cell = named.plan.pitch * view.scale;
  const beside = section.ends.map(({ x, y, outX, outY }) => {
    const at = toScreen(view, x, y);
    const out = cell * 0.7 + (Math.abs(outX) * width + Math.abs(outY) * height) / 2;
    return boxAt({ x: at.x + outX * out, y: at.y + outY * out }, { width, height });
  });
  const free = beside.filter((box) => !covers(named, box, view));
  const over = boxAt(toScreen(view, section.x, section.y), { width, height });
  return cell < numbers_from_px ? [...free, over] : free;
}

/** Whether a box on screen lies over a seat or the stage. */
function covers({ plan, grid }: Named, box: Box, view: View): boolean {
  const { stage, pitch } = plan;
  const middle = toScreen(view, stage.x, stage.y);
  const reach = { x: (stage.width / 2) * view.scale, y: (stage.depth / 2) * view.scale };
  if (!stage.round && Math.abs(Math.sin(stage.angle)) > 0.5) {
    [reach.x, reach.y] = [reach.y, reach.x];
  }
  const platform = boxAt(middle, { width: 2 * reach.x, height: 2 * reach.y });
  if (overlap(platform, box)) return true;
  const step = Math.max(6, pitch * view.scale * 0.6);
  for (let x = box.left; x < box.right + step; x += step) {
    for (let y = box.top; y < box.bottom + step; y += step) {
      const at = toWorld(view, Math.min(x, box.right), Math.min(y, box.bottom));
      if (grid.nearest(at.x, at.y, pitch * 0.5) >= 0) return true;
    }
  }
  return false;
}

export function boxAt({ x, y }: { x: number; y: number }, { width, height }: Size): Box {
  return {
    left: x - width / 2,
    right: x + width / 2,
    top: y - height / 2,
    bottom: y + height / 2,
  };
}

export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
