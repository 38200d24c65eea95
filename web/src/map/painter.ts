// Draws the hall. The scene (stage, sections, seats) is painted into a canvas of its own and put on screen from there;
// what changes from frame to frame (names, the focus ring) is drawn over it.
//
// While the view moves and painting is slow, the last scene is shown moved and scaled, and painted anew when the view
// rests. A seat that changes is painted alone, into the scene.

import { type Block, blocksOf, paintBlocks, type Share, sharesOf } from './blocks';
import type { Grid } from './grid';
import type { Palette } from './palette';
import { type Box, emptyBox, extend, type Plan, type PlanSection, stageCorners } from './plan';
import { type Look, type Looks, Sprites } from './sprites';
import { type Size, toScreen, toWorld, type View, visible } from './viewport';

export interface Words {
  stage: string;
  area(section: PlanSection): string[][]; // lines of a label; the fullest that fits is written
  block(section: PlanSection, share: Share): string[][]; // the same of a section far away
}

export interface Marks {
  look(seat: number): Look;
  isFree(seat: number): boolean;
  only: number | null; // the one category that is looked for
  bare: boolean; // places that cannot be had are left out
  mine: ReadonlySet<number>;
  cursor: number; // a seat, or -1
  hover: number;
}

const blocks_below_px = 3.4; // on a large hall; seats cannot be told apart there
const dots_below_px = 4.2; // a seat's cell, CSS pixels
const turn_from_px = 8;
const numbers_from_px = 19;
const letters_from_px = 13;
const names_below_px = 13; // over the seats; beside them where these are larger
const aisle_cells = 3.2; // the widest gap between rows that count as one
const together_px = 16; // own seats that are this near share a ring
const beacon_below_px = 9; // what is yours is ringed where seats are smaller
const pan_budget_ms = 24; // a moved picture has a blank edge: worth a frame
const zoom_budget_ms = 11;
const touched_max = 600; // more seats than this are not painted one by one
const font = 'system-ui, "Apple SD Gothic Neo", "Noto Sans CJK KR", "Malgun Gothic", sans-serif';

export class Painter {
  #backdrop = new OffscreenCanvas(1, 1); // the scene without seats, to lay under a seat that changes
  #scene = new OffscreenCanvas(1, 1);
  #painted: View | null = null; // what the scene shows, where it is whole
  #cost = 0;
  #ratio = 1;
  #size: Size = { width: 1, height: 1 };
  #sprites: Sprites;
  #touched = new Set<number>();
  readonly #blocks: readonly Block[];
  #shares: readonly Share[] | null = null; // null: something has changed since

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly plan: Plan,
    private readonly grid: Grid,
    private readonly looks: Looks,
    private palette: Palette,
    private readonly words: Words,
    private readonly marks: Marks,
  ) {
    this.#sprites = new Sprites(palette, looks);
    this.#blocks = blocksOf(plan);
  }

  /** Whether sections are shown as blocks at this size of a seat. */
  isFar(cell: number): boolean {
    return this.#blocks.length > 0 && cell < blocks_below_px;
  }

  /** The hall in small, as a picture for the corner: blocks, or dots where it has none. */
  paintSmall(context: OffscreenCanvasRenderingContext2D, view: View): void {
    const { plan, palette } = this;
    if (this.#blocks.length > 0) {
      paintBlocks(context, this.#blocks, this.#sharesNow(), palette, plan, view);
      return;
    }
    const side = Math.max(1, plan.pitch * view.scale * 0.8);
    for (let seat = 0; seat < plan.count; seat++) {
      context.fillStyle = this.#dotColor(this.marks.look(seat));
      const x = (plan.x[seat] ?? NaN) * view.scale + view.x;
      const y = (plan.y[seat] ?? NaN) * view.scale + view.y;
      if (!Number.isNaN(x)) context.fillRect(x - side / 2, y - side / 2, side, side);
    }
  }

  #sharesNow(): readonly Share[] {
    const { marks } = this;
    this.#shares ??= sharesOf(this.plan, (seat) => marks.isFree(seat), marks.only);
    return this.#shares;
  }

  get frame(): string {
    return this.palette.focus;
  }

  recolor(palette: Palette): void {
    this.palette = palette;
    this.#sprites = new Sprites(palette, this.looks);
    this.touchAll();
  }

  resize(size: Size, ratio: number): void {
    this.#size = size;
    this.#ratio = ratio;
    for (const canvas of [this.canvas, this.#scene, this.#backdrop]) {
      canvas.width = Math.max(1, Math.round(size.width * ratio));
      canvas.height = Math.max(1, Math.round(size.height * ratio));
    }
    this.#painted = null;
  }

  /** These seats look different now. */
  touch(seats: Iterable<number>): void {
    for (const seat of seats) this.#touched.add(seat);
    this.#shares = null;
  }

  touchAll(): void {
    this.#painted = null;
    this.#shares = null;
  }

  /** Puts the hall on screen. True: what is shown is not sharp yet, draw again when the view rests. */
  draw(view: View, moving: boolean): boolean {
    const known = this.#painted;
    const same = known && known.scale === view.scale && known.x === view.x && known.y === view.y;
    let blurred = false;
    const far = this.isFar(this.plan.pitch * view.scale);
    if (same && this.#touched.size <= (far ? 0 : touched_max)) {
      this.#paintTouched(view);
    } else if (known && moving && this.#cost > this.#budget(known, view)) {
      blurred = true;
    } else {
      this.#paintScene(view);
    }
    const context = this.canvas.getContext('2d', { alpha: false });
    if (!context) return false;
    context.setTransform(1, 0, 0, 1, 0, 0);
    const shown = this.#painted;
    if (blurred && shown) {
      const zoom = view.scale / shown.scale;
      context.fillStyle = this.palette.ground;
      context.fillRect(0, 0, this.canvas.width, this.canvas.height);
      context.drawImage(
        this.#scene,
        (view.x - shown.x * zoom) * this.#ratio,
        (view.y - shown.y * zoom) * this.#ratio,
        this.#scene.width * zoom,
        this.#scene.height * zoom,
      );
    } else {
      context.drawImage(this.#scene, 0, 0);
    }
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    this.#drawNames(context, view);
    this.#drawBeacon(context, view);
    this.#drawRing(context, view, this.marks.hover, 1.5);
    this.#drawRing(context, view, this.marks.cursor, 2.5);
    return blurred;
  }

  #budget(shown: View, view: View): number {
    return shown.scale === view.scale ? pan_budget_ms : zoom_budget_ms;
  }

  #paintScene(view: View): void {
    const backdrop = this.#backdrop.getContext('2d', { alpha: false });
    const context = this.#scene.getContext('2d', { alpha: false });
    if (!backdrop || !context) return;
    const begun = performance.now();
    backdrop.setTransform(1, 0, 0, 1, 0, 0);
    backdrop.fillStyle = this.palette.ground;
    backdrop.fillRect(0, 0, this.#backdrop.width, this.#backdrop.height);
    backdrop.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    this.#paintStage(backdrop, view);
    this.#paintSections(backdrop, view);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#backdrop, 0, 0);
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    this.#paintSeats(context, view);
    this.#touched.clear();
    this.#painted = { ...view };
    this.#cost = performance.now() - begun;
  }

  #paintStage(context: OffscreenCanvasRenderingContext2D, view: View): void {
    const { stage } = this.plan;
    const at = toScreen(view, stage.x, stage.y);
    const { box } = this.plan;
    const reach = Math.max(stage.width * 1.6, (box.bottom - box.top) * 0.6, 1) * view.scale;
    const glow = context.createRadialGradient(at.x, at.y, 0, at.x, at.y, reach);
    const [from, to] = this.palette.glow;
    glow.addColorStop(0, from);
    glow.addColorStop(1, to);
    context.fillStyle = glow;
    context.fillRect(0, 0, this.#size.width, this.#size.height);
    context.fillStyle = this.palette.stage;
    context.beginPath();
    if (stage.round) {
      context.arc(at.x, at.y, (stage.width / 2) * view.scale, 0, Math.PI * 2);
    } else {
      const corners = stageCorners(stage).map(([x, y]) => toScreen(view, x, y));
      tracePath(context, corners, stage.depth * 0.22 * view.scale);
    }
    context.fill();
    const depth = stage.depth * view.scale;
    const letter = Math.min(15, depth * 0.4);
    if (letter < 6) return;
    context.save();
    context.translate(at.x, at.y);
    if (!stage.round && Math.abs(Math.sin(stage.angle)) > 0.5) context.rotate(stage.angle);
    context.font = `700 ${letter}px ${font}`;
    context.letterSpacing = `${letter * 0.22}px`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = this.palette.stageInk;
    context.fillText(this.words.stage, letter * 0.11, 0, stage.width * view.scale * 0.9);
    context.restore();
    context.letterSpacing = '0px';
  }

  #paintSections(context: OffscreenCanvasRenderingContext2D, view: View): void {
    for (const section of this.plan.sections) {
      const { outline } = section;
      if (!outline) continue;
      context.beginPath();
      for (let i = 0; i < outline.length; i += 2) {
        const { x, y } = toScreen(view, outline[i] ?? 0, outline[i + 1] ?? 0);
        if (i === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
      context.closePath();
      context.fillStyle = this.palette.section;
      context.fill();
      if (section.standing) {
        const paint = this.palette.categories[section.category];
        context.globalAlpha = 0.28;
        context.fillStyle = paint?.fill ?? this.palette.section;
        context.fill();
        context.globalAlpha = 1;
        context.lineWidth = 1.5;
        context.strokeStyle = paint?.fill ?? this.palette.sectionLine;
      } else {
        context.lineWidth = 1;
        context.strokeStyle = this.palette.sectionLine;
      }
      context.stroke();
    }
  }

  #paintSeats(context: OffscreenCanvasRenderingContext2D, view: View): void {
    const cell = this.plan.pitch * view.scale;
    const area = visible(view, this.#size, cell);
    if (this.isFar(cell)) {
      paintBlocks(context, this.#blocks, this.#sharesNow(), this.palette, this.plan, view);
      return;
    }
    if (cell < dots_below_px) {
      this.#paintDots(context, view, area, cell);
      return;
    }
    this.#sprites.resize(cell * this.#ratio);
    this.grid.visit(area, (seat) => this.#stampSeat(context, view, seat, cell));
    if (cell >= letters_from_px) this.#paintLetters(context, view, area, cell);
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
  }

  // Far away a seat is a dot: no sprite, and one colour after the other, because changing the colour is what costs.
  #paintDots(
    context: OffscreenCanvasRenderingContext2D,
    view: View,
    area: Box,
    cell: number,
  ): void {
    const byLook: number[][] = Array.from({ length: this.looks.count }, () => []);
    this.grid.visit(area, (seat) => byLook[this.marks.look(seat)]?.push(seat));
    byLook.forEach((seats, look) => {
      if (this.#isLeftOut(look)) return;
      context.fillStyle = this.#dotColor(look);
      const side = this.#dotSide(look, cell);
      for (const seat of seats) {
        const x = (this.plan.x[seat] ?? 0) * view.scale + view.x;
        const y = (this.plan.y[seat] ?? 0) * view.scale + view.y;
        context.fillRect(x - side / 2, y - side / 2, side, side);
      }
    });
  }

  #isLeftOut(look: Look): boolean {
    return this.marks.bare && (look === this.looks.sold || look === this.looks.held);
  }

  #dotSide(look: Look, cell: number): number {
    if (look === this.looks.mine || look === this.looks.offered) return Math.max(5, cell * 1.6);
    return Math.max(0.7, cell * (look < this.looks.sold ? 0.78 : 0.6));
  }

  #dotColor(look: Look): string {
    const { palette, looks } = this;
    if (look === looks.sold) return palette.sold;
    if (look === looks.held) return palette.sold;
    if (look === looks.mine) return palette.mine.fill;
    if (look === looks.offered) return palette.offered;
    return palette.categories[look]?.fill ?? palette.sold;
  }

  #stampSeat(
    context: OffscreenCanvasRenderingContext2D,
    view: View,
    seat: number,
    cell: number,
  ): void {
    const { plan, marks, looks } = this;
    const look = marks.look(seat);
    if (this.#isLeftOut(look)) return;
    const stamp = this.#sprites.stamp(look);
    const x = ((plan.x[seat] ?? 0) * view.scale + view.x) * this.#ratio;
    const y = ((plan.y[seat] ?? 0) * view.scale + view.y) * this.#ratio;
    const half = stamp.width / 2;
    const angle = plan.angle[seat] ?? 0;
    if (cell >= turn_from_px && angle !== 0) {
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      context.setTransform(cos, sin, -sin, cos, x, y);
      context.drawImage(stamp, -half, -half);
      context.setTransform(1, 0, 0, 1, 0, 0);
    } else {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.drawImage(stamp, x - half, y - half);
    }
    const text = plan.numbers[seat];
    if (cell >= numbers_from_px && text && look !== looks.sold && look !== looks.held) {
      const number = this.#sprites.number(text, look, font);
      context.drawImage(number, x - number.width / 2, y - number.height / 2);
    }
  }

  #paintLetters(
    context: OffscreenCanvasRenderingContext2D,
    view: View,
    area: Box,
    cell: number,
  ): void {
    const { plan } = this;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.font = `600 ${Math.min(13, cell * 0.48)}px ${font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = this.palette.dim;
    const written = new Map<string, { x: number; y: number }[]>();
    for (const { name, firstSeat, seatCount } of plan.rows) {
      if (!name || seatCount === 0) continue;
      for (const [seat, side] of [
        [firstSeat, -1],
        [firstSeat + seatCount - 1, 1],
      ] as const) {
        const x = plan.x[seat] ?? 0;
        const y = plan.y[seat] ?? 0;
        if (x < area.left || x > area.right || y < area.top || y > area.bottom) continue;
        const angle = plan.angle[seat] ?? 0;
        const runsRight = (plan.x[firstSeat + seatCount - 1] ?? 0) >= (plan.x[firstSeat] ?? 0);
        const out = side * (runsRight ? 1 : -1) * plan.pitch * 0.76;
        const at = toScreen(view, x + Math.cos(angle) * out, y + Math.sin(angle) * out);
        // Rows on both sides of an aisle share their letter.
        const same = written.get(name) ?? [];
        if (same.some((one) => Math.hypot(one.x - at.x, one.y - at.y) < cell * aisle_cells))
          continue;
        written.set(name, [...same, at]);
        context.fillText(name, at.x, at.y, cell * 0.7);
      }
    }
  }

  #paintTouched(view: View): void {
    if (this.#touched.size === 0) return;
    const context = this.#scene.getContext('2d', { alpha: false });
    if (!context) return;
    const cell = this.plan.pitch * view.scale;
    const { width, height } = this.#size;
    this.#sprites.resize(cell * this.#ratio);
    for (const seat of this.#touched) {
      const at = toScreen(view, this.plan.x[seat] ?? NaN, this.plan.y[seat] ?? NaN);
      if (!(at.x > -cell && at.y > -cell && at.x < width + cell && at.y < height + cell)) continue;
      if (cell < dots_below_px) {
        // Dots run into each other, so a change is laid over; larger marks need the scene anew.
        const look = this.marks.look(seat);
        if (look >= this.looks.mine || this.#isLeftOut(look)) this.#painted = null;
        const side = Math.max(1, cell * 0.86);
        context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
        context.fillStyle = this.#dotColor(look);
        context.fillRect(at.x - side / 2, at.y - side / 2, side, side);
        continue;
      }
      // No other seat reaches into a square of this size, so the backdrop may be laid under it again.
      const side = cell * 0.99 * this.#ratio;
      context.save();
      context.setTransform(1, 0, 0, 1, at.x * this.#ratio, at.y * this.#ratio);
      if (cell >= turn_from_px) context.rotate(this.plan.angle[seat] ?? 0);
      context.beginPath();
      context.rect(-side / 2, -side / 2, side, side);
      context.clip();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.drawImage(this.#backdrop, 0, 0);
      context.restore();
      this.#stampSeat(context, view, seat, cell);
    }
    this.#touched.clear();
    if (!this.#painted) this.#paintScene(view);
  }

  // Names of sections: over the seats while these are too small to tell them apart, else beside them; of standing areas
  // within. One never covers another.
  #drawNames(context: CanvasRenderingContext2D, view: View): void {
    const cell = this.plan.pitch * view.scale;
    const placed: Box[] = [];
    const far = this.isFar(cell);
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const section of this.plan.sections) {
      if (!section.name) continue;
      const small = cell < 8 && !section.standing;
      context.font = `650 ${small ? 11 : 12}px ${font}`;
      const widthOf = (lines: string[]) =>
        Math.max(...lines.map((line) => context.measureText(line).width)) + (small ? 9 : 16);
      const room = (section.box.right - section.box.left) * view.scale;
      const most = Math.max(room * (section.standing ? 1 : 1.15), 44);
      const share = far ? this.#sharesNow()[section.index] : undefined;
      const labels = section.standing
        ? this.words.area(section)
        : share
          ? this.words.block(section, share)
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
        if (!inside) places.push(...this.#besides(section, view, size));
        box = places.find((place) => !placed.some((other) => overlap(other, place)));
        lines = label;
        if (box) break;
      }
      if (!box || !lines) continue;
      placed.push(box);
      context.fillStyle = this.palette.labelGround;
      context.beginPath();
      context.roundRect(
        box.left,
        box.top,
        box.right - box.left,
        box.bottom - box.top,
        small ? 5 : 7,
      );
      context.fill();
      context.fillStyle = this.palette.label;
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
  #besides(section: PlanSection, view: View, { width, height }: Size): Box[] {
    const cell = this.plan.pitch * view.scale;
    const beside = section.ends.map(({ x, y, outX, outY }) => {
      const at = toScreen(view, x, y);
      const out = cell * 0.7 + (Math.abs(outX) * width + Math.abs(outY) * height) / 2;
      return boxAt({ x: at.x + outX * out, y: at.y + outY * out }, { width, height });
    });
    const free = beside.filter((box) => !this.#covers(box, view));
    const over = boxAt(toScreen(view, section.x, section.y), { width, height });
    return cell < numbers_from_px ? [...free, over] : free;
  }

  /** Whether a box on screen lies over a seat or the stage. */
  #covers(box: Box, view: View): boolean {
    const { stage, pitch } = this.plan;
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
        if (this.grid.nearest(at.x, at.y, pitch * 0.5) >= 0) return true;
      }
    }
    return false;
  }

  // From far away a seat is a dot: rings show where one's own are, one for those that are together.
  #drawBeacon(context: CanvasRenderingContext2D, view: View): void {
    if (this.plan.pitch * view.scale >= beacon_below_px) return;
    const groups: Box[] = [];
    for (const seat of this.marks.mine) {
      const at = toScreen(view, this.plan.x[seat] ?? NaN, this.plan.y[seat] ?? NaN);
      if (Number.isNaN(at.x)) continue;
      const size = { width: 2 * together_px, height: 2 * together_px };
      const near = groups.find((one) => overlap(one, boxAt(at, size)));
      const group = near ?? emptyBox();
      if (!near) groups.push(group);
      extend(group, at.x, at.y, 0.5);
    }
    for (const { left, top, right, bottom } of groups) {
      const radius = Math.hypot(right - left, bottom - top) / 2 + 10;
      context.beginPath();
      context.arc((left + right) / 2, (top + bottom) / 2, radius, 0, Math.PI * 2);
      context.lineWidth = 6;
      context.strokeStyle = this.palette.labelGround;
      context.stroke();
      context.lineWidth = 3;
      context.strokeStyle = this.palette.mine.fill;
      context.stroke();
    }
  }

  #drawRing(context: CanvasRenderingContext2D, view: View, seat: number, width: number): void {
    if (seat < 0) return;
    const at = toScreen(view, this.plan.x[seat] ?? NaN, this.plan.y[seat] ?? NaN);
    const side = Math.max(12, this.plan.pitch * view.scale * 1.12);
    context.save();
    context.translate(at.x, at.y);
    context.rotate(this.plan.angle[seat] ?? 0);
    context.beginPath();
    context.roundRect(-side / 2, -side / 2, side, side, side * 0.32);
    context.lineWidth = width;
    context.strokeStyle = this.palette.focus;
    context.stroke();
    context.restore();
  }
}

function boxAt({ x, y }: { x: number; y: number }, { width, height }: Size): Box {
  return {
    left: x - width / 2,
    right: x + width / 2,
    top: y - height / 2,
    bottom: y + height / 2,
  };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function tracePath(
  context: OffscreenCanvasRenderingContext2D,
  corners: { x: number; y: number }[],
  radius: number,
): void {
  const [a, b, c, d] = corners;
  if (!a || !b || !c || !d) return;
  context.moveTo((a.x + b.x) / 2, (a.y + b.y) / 2);
  context.arcTo(b.x, b.y, c.x, c.y, radius);
  context.arcTo(c.x, c.y, d.x, d.y, radius);
  context.arcTo(d.x, d.y, a.x, a.y, radius);
  context.arcTo(a.x, a.y, b.x, b.y, radius);
  context.closePath();
}
