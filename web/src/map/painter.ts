// Draws the hall. The scene (stage, sections, seats) is painted into a canvas of its own and put on screen from there;
// what changes from frame to frame (names, the focus ring) is drawn over it.
//
// While the view is moved the scene is scrolled, and painted anew only where an edge came into sight. While it is zoomed
// and painting is slow, the last scene is shown scaled, and painted anew when the view rests. A seat that changes is
// painted alone, into the scene.

import { SeatKind } from '../gen/usher/v1/hall_pb';
import { type Block, blocksOf, paintBlocks, type Share, sharesOf } from './blocks';
import { paintDrawings } from './drawings';
import type { Grid } from './grid';
import {
  boxAt,
  drawNames,
  font,
  type Letter,
  lettersOf,
  numbers_from_px,
  overlap,
  type Words,
} from './names';
import type { Palette } from './palette';
import { type Box, emptyBox, extend, type Plan, stageCorners } from './plan';
import { type Look, type Looks, Sprites } from './sprites';
import { type Size, toScreen, toWorld, type View } from './viewport';

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
const letters_from_px = 13;
const together_px = 16; // own seats that are this near share a ring
const beacon_below_px = 9; // what is yours is ringed where seats are smaller
const scroll_share = 0.7; // of the scene that stays in sight; where less does, all is painted anew
const zoom_budget_ms = 11;
const touched_max = 600; // more seats than this are not painted one by one

export class Painter {
  #backdrop = new OffscreenCanvas(1, 1); // the ground, to lay under a seat that changes
  #behind: View | null = null; // what the backdrop shows
  #scene = new OffscreenCanvas(1, 1);
  #spare = new OffscreenCanvas(1, 1); // the scene is scrolled into it
  #painted: View | null = null; // what the scene shows, where it is whole
  #cost = 0;
  #ratio = 1;
  #size: Size = { width: 1, height: 1 };
  #sprites: Sprites;
  #touched = new Set<number>();
  readonly #blocks: readonly Block[];
  #shares: readonly Share[] | null = null; // null: something has changed since
  readonly #letters: readonly Letter[];

  constructor(
    private readonly canvas: HTMLCanvasElement,
    readonly plan: Plan,
    readonly grid: Grid,
    private readonly looks: Looks,
    public palette: Palette,
    readonly words: Words,
    private readonly marks: Marks,
  ) {
    this.#sprites = new Sprites(palette, looks);
    this.#blocks = blocksOf(plan);
    this.#letters = lettersOf(plan);
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
    for (const canvas of [this.canvas, this.#scene, this.#spare, this.#backdrop]) {
      canvas.width = Math.max(1, Math.round(size.width * ratio));
      canvas.height = Math.max(1, Math.round(size.height * ratio));
    }
    this.#painted = null;
    this.#behind = null;
  }

  /** These seats look different now. */
  touch(seats: Iterable<number>): void {
    for (const seat of seats) this.#touched.add(seat);
    this.#shares = null;
  }

  touchAll(): void {
    this.#painted = null;
    this.#behind = null;
    this.#shares = null;
  }

  /** Puts the hall on screen. True: what is shown is not sharp yet, draw again when the view rests. */
  draw(wanted: View, moving: boolean): boolean {
    const known = this.#painted;
    let view = wanted;
    let blurred = false;
    const far = this.isFar(this.plan.pitch * view.scale);
    const shift = known && this.#shiftOf(known, view);
    if (known && shift && this.#touched.size <= (far ? 0 : touched_max)) {
      // The picture moves by whole pixels, so that what is in it already stays as sharp as it was.
      view = this.#scroll(known, shift);
      this.#paintTouched(view);
    } else if (known && moving && this.#cost > zoom_budget_ms && known.scale !== view.scale) {
      blurred = true;
    } else {
      this.#paintScene({ ...view });
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
    drawNames(context, this, view, far ? this.#sharesNow() : null);
    this.#drawBeacon(context, view);
    this.#drawRing(context, view, this.marks.hover, 1.5);
    this.#drawRing(context, view, this.marks.cursor, 2.5);
    return blurred;
  }

  /** How far the scene is from a view of the same scale, in device pixels; null: too far, or another scale. */
  #shiftOf(known: View, view: View): { x: number; y: number } | null {
    if (known.scale !== view.scale) return null;
    const x = Math.round((view.x - known.x) * this.#ratio);
    const y = Math.round((view.y - known.y) * this.#ratio);
    const { width, height } = this.#scene;
    const stays = Math.max(0, width - Math.abs(x)) * Math.max(0, height - Math.abs(y));
    return stays >= scroll_share * width * height ? { x, y } : null;
  }

  /** Moves the scene by device pixels and paints what came into sight. Returns what the scene shows now. */
  #scroll(known: View, shift: { x: number; y: number }): View {
    if (shift.x === 0 && shift.y === 0) return known;
    const view = {
      scale: known.scale,
      x: known.x + shift.x / this.#ratio,
      y: known.y + shift.y / this.#ratio,
    };
    const { width, height } = this.#scene;
    const context = this.#spare.getContext('2d', { alpha: false });
    if (!context) return known;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#scene, shift.x, shift.y);
    [this.#scene, this.#spare] = [this.#spare, this.#scene];
    const left = Math.max(0, shift.x);
    const right = width + Math.min(0, shift.x);
    if (left > 0) this.#paintPart(view, { left: 0, right: left, top: 0, bottom: height });
    if (right < width) this.#paintPart(view, { left: right, right: width, top: 0, bottom: height });
    if (shift.y > 0) this.#paintPart(view, { left, right, top: 0, bottom: shift.y });
    if (shift.y < 0) this.#paintPart(view, { left, right, top: height + shift.y, bottom: height });
    this.#painted = view;
    return view;
  }

  #paintScene(view: View): void {
    const begun = performance.now();
    const { width, height } = this.#scene;
    this.#paintPart(view, { left: 0, right: width, top: 0, bottom: height });
    this.#touched.clear();
    this.#painted = view;
    this.#cost = performance.now() - begun;
  }

  /** Paints a part of the scene, in device pixels. */
  #paintPart(view: View, part: Box): void {
    const context = this.#scene.getContext('2d', { alpha: false });
    if (!context) return;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    context.rect(part.left, part.top, part.right - part.left, part.bottom - part.top);
    context.clip();
    this.#paintGround(context, view);
    const cell = this.plan.pitch * view.scale;
    const from = toWorld(view, part.left / this.#ratio - cell, part.top / this.#ratio - cell);
    const to = toWorld(view, part.right / this.#ratio + cell, part.bottom / this.#ratio + cell);
    this.#paintSeats(context, view, { left: from.x, top: from.y, right: to.x, bottom: to.y });
    context.restore();
  }

  /** The scene without its seats. */
  #paintGround(context: OffscreenCanvasRenderingContext2D, view: View): void {
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.fillStyle = this.palette.ground;
    context.fillRect(0, 0, this.#size.width + 1, this.#size.height + 1);
    this.#paintStage(context, view);
    const { plan, palette } = this;
    paintDrawings(
      context,
      plan.drawings,
      view,
      { line: palette.sectionLine, text: palette.dim },
      font,
    );
    this.#paintSections(context, view);
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

  #paintSeats(context: OffscreenCanvasRenderingContext2D, view: View, area: Box): void {
    const cell = this.plan.pitch * view.scale;
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
    return Math.max(0.7, cell * (look < this.looks.sold || look === this.looks.aside ? 0.78 : 0.6));
  }

  #dotColor(look: Look): string {
    const { palette, looks } = this;
    if (look === looks.sold) return palette.sold;
    if (look === looks.held) return palette.sold;
    if (look === looks.mine) return palette.mine.fill;
    if (look === looks.offered) return palette.offered;
    if (look === looks.aside) return palette.aside;
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
    if (look === looks.sold || look === looks.held || look === looks.aside) return;
    const kind: SeatKind = plan.kind[seat] ?? SeatKind.UNSPECIFIED;
    const isSign = kind === SeatKind.WHEELCHAIR || kind === SeatKind.COMPANION;
    const stamps: OffscreenCanvas[] = [];
    if (kind !== SeatKind.UNSPECIFIED && cell >= turn_from_px)
      stamps.push(this.#sprites.sign(kind, look));
    const text = plan.numbers[seat];
    if (cell >= numbers_from_px && text && !isSign)
      stamps.push(this.#sprites.number(text, look, font));
    for (const one of stamps) context.drawImage(one, x - one.width / 2, y - one.height / 2);
  }

  #paintLetters(
    context: OffscreenCanvasRenderingContext2D,
    view: View,
    area: Box,
    cell: number,
  ): void {
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.font = `600 ${Math.min(13, cell * 0.48)}px ${font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = this.palette.dim;
    for (const { name, x, y } of this.#letters) {
      if (x < area.left || x > area.right || y < area.top || y > area.bottom) continue;
      const at = toScreen(view, x, y);
      context.fillText(name, at.x, at.y, cell * 0.7);
    }
  }

  #paintTouched(view: View): void {
    if (this.#touched.size === 0) return;
    const context = this.#scene.getContext('2d', { alpha: false });
    if (!context) return;
    const cell = this.plan.pitch * view.scale;
    const { width, height } = this.#size;
    if (cell >= dots_below_px) this.#paintBackdrop(view);
    this.#sprites.resize(cell * this.#ratio);
    for (const seat of this.#touched) {
      const at = toScreen(view, this.plan.x[seat] ?? NaN, this.plan.y[seat] ?? NaN);
      if (!(at.x > -cell && at.y > -cell && at.x < width + cell && at.y < height + cell)) continue;
      if (cell < dots_below_px) {
        // Dots run into each other, so a change is laid over; larger marks need the scene anew.
        const look = this.marks.look(seat);
        const isLarge = look === this.looks.mine || look === this.looks.offered;
        if (isLarge || this.#isLeftOut(look)) this.#painted = null;
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

  #paintBackdrop(view: View): void {
    if (this.#behind === view) return;
    const context = this.#backdrop.getContext('2d', { alpha: false });
    if (context) this.#paintGround(context, view);
    this.#behind = view;
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
