// The live map on one element: a plan, a camera, a painter, and what fingers and keys do to them. No framework in here.

import { effect, untracked } from '@preact/signals';
import { count, gradeName, money } from '../i18n/format';
import { placeName } from '../i18n/place';
import { words } from '../i18n/words';
import { announce } from '../state/announce';
import type { Sale } from '../state/sale';
import { FREE, SOLD } from '../state/seats';
import { isDark, isForced, systemColor, wantsCalm } from '../state/theme';
import { Camera } from './camera';
import { Grid } from './grid';
import { SeatMarks } from './marks';
import { MiniMap } from './minimap';
import { Painter } from './painter';
import { type Palette, paletteOf } from './palette';
import { areaAt, emptyBox, extend, type Plan } from './plan';
import { followPointers } from './pointer';
import { sightOf } from './sight';
import { looksOf } from './sprites';
import { toScreen, toWorld } from './viewport';

export interface Tip {
  seat: number;
  x: number;
  y: number;
  lean: 'left' | 'middle' | 'right'; // so that the tip stays on the map
  touch: boolean; // a finger asked for it, and covers what is beside it
}

const ratio_max = 2.5; // sharper than the eye sees costs time and memory
const finger_cell_px = 15; // smaller seats are not chosen by a finger: the first tap comes nearer
const mouse_cell_px = 7;
const reading_cell_px = 26;
const tip_reach_px = 120;
const sight_px = 12; // nearer to the edge is as good as out of sight
const finger_px = 28; // what a fingertip may mean
const section_margin = 0.06;
const mini_from = 1.5; // the small map is shown where one is so much nearer than the whole hall
const step_min = 1.6; // coming nearer by less would hardly be seen

export class Scene {
  readonly #grid: Grid;
  readonly #camera: Camera;
  readonly #marks: SeatMarks;
  readonly #painter: Painter;
  readonly #undo: (() => void)[] = [];
  readonly #mini: MiniMap;
  #touch = false; // the last tap was a finger's
  #drawn = false;
  #frame = 0;
  #rest = 0;

  constructor(
    private readonly element: HTMLElement,
    canvas: HTMLCanvasElement,
    private readonly small: HTMLCanvasElement,
    private readonly sale: Sale,
    private readonly plan: Plan,
    private readonly onTip: (tip: Tip | null) => void,
  ) {
    const looks = looksOf(plan.categories.length);
    this.#grid = new Grid(plan.x, plan.y, plan.box, plan.pitch * 6);
    this.#camera = new Camera(plan.box, plan.pitch, wantsCalm);
    this.#marks = new SeatMarks(sale, plan, looks);
    this.#painter = new Painter(
      canvas,
      plan,
      this.#grid,
      looks,
      this.#palette(isDark.peek(), sale.only.peek(), isForced.peek()),
      {
        get stage() {
          return words.peek().stage;
        },
        area: (section) => {
          const { name, index } = section;
          const free = words.peek().free(count(sale.freeByArea.peek().get(index) ?? 0));
          const own = untracked(() => sale.ownOf(section));
          if (own === 0) return [[name, free], [name]];
          return [[`${name} ✓ ${own}`, free], [`✓ ${own}`]];
        },
        block: ({ name }, { share }) => {
          const percent = share > 0 && share < 0.01 ? '<1%' : `${Math.round(share * 100)}%`;
          return [[name, percent], [name]];
        },
      },
      this.#marks,
    );
    this.#mini = new MiniMap(
      small,
      plan.box,
      (context, view) => this.#painter.paintSmall(context, view),
      (x, y) => this.#move(() => this.#camera.centreOn(x, y)),
    );
    this.#undo.push(() => this.#mini.close());
    this.#listen();
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    for (const undo of this.#undo) undo();
  }

  #palette(dark: boolean, only: number | null, forced: boolean): Palette {
    const tones = forced && {
      ground: systemColor('Canvas'),
      ink: systemColor('CanvasText'),
      taken: systemColor('GrayText'),
      beam: systemColor('Highlight'),
    };
    return paletteOf(dark, this.plan.categories, only, tones || null);
  }

  #listen(): void {
    const { element, sale } = this;
    const sizes = new ResizeObserver(() => this.#resize());
    sizes.observe(element);
    this.#undo.push(() => sizes.disconnect());
    this.#undo.push(
      followPointers(element, {
        press: () => this.#camera.halt(),
        pan: (dx, dy) => this.#move(() => this.#camera.panBy(dx, dy)),
        fling: (vx, vy) => this.#move(() => this.#camera.fling(vx, vy)),
        zoom: (factor, x, y) => this.#move(() => this.#camera.zoomBy(factor, x, y)),
        tap: (x, y, touch) => this.#tap(x, y, touch),
        doubleTap: (x, y) => this.#doubleTap(x, y),
        hover: (x, y) => this.#hover(x, y),
        leave: () => this.#setHover(-1),
      }),
    );
    const keys = (event: KeyboardEvent) => this.#key(event);
    const blur = () => this.#setCursor(-1);
    element.addEventListener('keydown', keys);
    element.addEventListener('blur', blur);
    this.#undo.push(() => element.removeEventListener('keydown', keys));
    this.#undo.push(() => element.removeEventListener('blur', blur));
    this.#undo.push(
      sale.onSeats((change) => {
        if (change === 'all') this.#painter.touchAll();
        else this.#painter.touch(change);
        this.#request();
      }),
    );
    let held: unknown = null;
    this.#undo.push(
      effect(() => {
        const hold = sale.hold.value;
        const choice = sale.choice.value;
        const mine = hold ? hold.seats.map(({ seat }) => seat) : choice.seats;
        const offered = sale.failure.value?.nearest ?? [];
        this.#painter.touch(this.#marks.renew(mine, offered));
        const fresh = hold !== held && hold !== null;
        held = hold;
        const show = fresh ? mine : offered;
        if (show.length > 0 && !this.#camera.atUnknown) this.#show(show);
        this.#request();
      }),
    );
    this.#undo.push(
      effect(() => {
        sale.bare.value;
        sale.accessible.value;
        this.#painter.recolor(this.#palette(isDark.value, sale.only.value, isForced.value));
        this.#mini.renew();
        this.#request();
      }),
    );
    this.#undo.push(
      effect(() => {
        words.value;
        this.#painter.touchAll();
        this.#request();
      }),
    );
  }

  #resize(): void {
    const { width, height } = this.element.getBoundingClientRect();
    if (width < 1 || height < 1) return;
    const first = this.#camera.atUnknown;
    this.#camera.resize({ width, height });
    this.#painter.resize({ width, height }, Math.min(devicePixelRatio || 1, ratio_max));
    if (first) {
      const mine = this.sale.hold.peek()?.seats.map(({ seat }) => seat);
      if (mine?.length) this.#show(mine);
    }
    const seat = this.#marks.cursor >= 0 ? this.#marks.cursor : this.#marks.hover;
    if (seat >= 0) this.#camera.reveal(this.plan.x[seat] ?? 0, this.plan.y[seat] ?? 0);
    if (first) this.#request();
    else this.#draw(); // in this very frame: a canvas of another size is empty
  }

  #request(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    if (this.#camera.atUnknown) return;
    const now = performance.now();
    const gliding = this.#camera.step(now);
    const blurred = this.#painter.draw(this.#camera.view, this.#camera.moving(now));
    const near = this.#camera.zoomed >= mini_from;
    this.small.hidden = !near;
    if (near) {
      const ratio = Math.min(devicePixelRatio || 1, ratio_max);
      this.#mini.draw(this.#camera.view, this.#camera.size, this.#painter.frame, ratio, now);
    }
    this.#tellTime(now);
    if (gliding) this.#request();
    const { view } = this.#camera;
    this.element.dataset.cell = this.#camera.cell.toFixed(1);
    this.element.dataset.view = `${view.scale.toFixed(5)} ${view.x.toFixed(1)} ${view.y.toFixed(1)}`;
    this.#placeTip();
    clearTimeout(this.#rest);
    if (blurred && !gliding) this.#rest = window.setTimeout(() => this.#request(), 120);
  }

  /** How long a picture took, for those who measure: in User Timing the first one since the seats were known. */
  #tellTime(begun: number): void {
    const ended = performance.now();
    this.element.dataset.draw = (ended - begun).toFixed(1);
    if (this.#drawn || !this.sale.states?.version) return;
    this.#drawn = true;
    const [seats] = performance.getEntriesByName('usher:seats').slice(-1);
    performance.measure('usher:first-draw', { start: seats?.startTime ?? begun, end: ended });
  }

  #move(how: () => void): void {
    how();
    this.#request();
  }

  zoom(factor: number): void {
    this.#move(() => this.#camera.glideBy(factor));
  }

  home(): void {
    this.#move(() => this.#camera.glideHome());
  }

  /** Brings seats into sight; where they are in sight already nothing moves. */
  #show(seats: readonly number[]): void {
    const box = emptyBox();
    for (const seat of seats) {
      const x = this.plan.x[seat] ?? NaN;
      if (!Number.isNaN(x)) extend(box, x, this.plan.y[seat] ?? 0, this.plan.pitch / 2);
    }
    if (box.left > box.right || this.#camera.sees(box, sight_px)) return;
    this.#move(() => this.#camera.glideToBox(box, reading_cell_px));
  }

  #seatAt(sx: number, sy: number): number {
    const { x, y } = toWorld(this.#camera.view, sx, sy);
    return this.#grid.nearest(x, y, this.plan.pitch * 0.72);
  }

  #tap(sx: number, sy: number, touch: boolean): void {
    this.#touch = touch;
    const seat = this.#seatAt(sx, sy);
    if (seat < 0 && this.#takePlace(sx, sy)) return;
    if (this.#camera.cell < (touch ? finger_cell_px : mouse_cell_px)) {
      this.#approach(sx, sy);
      return;
    }
    if (seat < 0) {
      this.#setHover(-1);
      return;
    }
    this.#toggle(seat);
    if (touch && this.#marks.look(seat) !== this.plan.category[seat]) this.#setHover(seat);
    else if (touch) this.#setHover(-1);
  }

  /** Comes nearer to what a finger means: to the section first, where that is a step, and then to its seats. */
  #approach(sx: number, sy: number): void {
    const camera = this.#camera;
    const at = toWorld(camera.view, sx, sy);
    const near = this.#grid.nearest(at.x, at.y, finger_px / camera.view.scale);
    const section = this.plan.sections[this.plan.section[near] ?? -1];
    this.#move(() => {
      if (!section) camera.glideBy(2.2, sx, sy);
      else if (camera.cellOf(section.box, section_margin) >= camera.cell * step_min) {
        camera.glideToBox(section.box, reading_cell_px, section_margin);
      } else {
        camera.glideTo(this.plan.x[near] ?? 0, this.plan.y[near] ?? 0, reading_cell_px);
      }
    });
  }

  /** One more place of the standing area at a point. False: there is none. */
  #takePlace(sx: number, sy: number): boolean {
    const { x, y } = toWorld(this.#camera.view, sx, sy);
    const area = areaAt(this.plan, x, y);
    if (!area) return false;
    const { sale } = this;
    sale.setArea(area.index, (sale.choice.peek().areas.get(area.index) ?? 0) + 1);
    return true;
  }

  #doubleTap(sx: number, sy: number): void {
    const seat = this.#seatAt(sx, sy);
    // Quick taps on seats and in areas are choices; elsewhere, or far away, the second one comes nearer.
    if (seat >= 0 && this.#camera.cell >= finger_cell_px) {
      this.#toggle(seat);
      return;
    }
    if (seat < 0 && this.#takePlace(sx, sy)) return;
    this.#move(() => this.#camera.glideBy(2.2, sx, sy));
  }

  #toggle(seat: number): void {
    const { sale } = this;
    const name = placeName(this.plan, seat);
    const had = sale.choice.peek().seats.includes(seat);
    if (!sale.toggle(seat)) {
      announce(this.describe(seat));
      return;
    }
    announce(
      had
        ? words.peek().removedAnnounce(name)
        : words.peek().chosenAnnounce(name, this.price(seat)),
    );
  }

  #hover(sx: number, sy: number): void {
    this.#touch = false;
    const seat = this.#camera.cell >= mouse_cell_px ? this.#seatAt(sx, sy) : -1;
    this.#setHover(seat);
    const { x, y } = toWorld(this.#camera.view, sx, sy);
    const points = seat >= 0 ? this.sale.isFree(seat) : areaAt(this.plan, x, y) !== null;
    this.element.classList.toggle('points', points);
  }

  #setHover(seat: number): void {
    if (seat === this.#marks.hover) return;
    this.#marks.hover = seat;
    this.#request();
  }

  #setCursor(seat: number): void {
    if (seat === this.#marks.cursor) return;
    this.#marks.cursor = seat;
    this.#request();
  }

  #placeTip(): void {
    const seat = this.#marks.cursor >= 0 ? this.#marks.cursor : this.#marks.hover;
    if (seat < 0) {
      this.onTip(null);
      return;
    }
    const at = toScreen(this.#camera.view, this.plan.x[seat] ?? 0, this.plan.y[seat] ?? 0);
    const { width } = this.#camera.size;
    const lean = at.x < tip_reach_px ? 'right' : at.x > width - tip_reach_px ? 'left' : 'middle';
    this.onTip({ seat, x: at.x, y: at.y, lean, touch: this.#touch && this.#marks.cursor < 0 });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) {
      this.#move(() => this.#camera.glidePan(-arrow[0] * 120, -arrow[1] * 120));
    } else if (arrow) {
      this.#step(arrow[0], arrow[1]);
    } else if (event.key === '+' || event.key === '=') {
      this.zoom(1.5);
    } else if (event.key === '-' || event.key === '_') {
      this.zoom(1 / 1.5);
    } else if (event.key === '0') {
      this.home();
    } else if ((event.key === 'Enter' || event.key === ' ') && this.#marks.cursor >= 0) {
      this.#toggle(this.#marks.cursor);
    } else if (event.key === 'Escape' && this.#marks.cursor >= 0) {
      this.#setCursor(-1);
    } else {
      return;
    }
    event.preventDefault();
  }

  #step(dx: number, dy: number): void {
    const { cursor } = this.#marks;
    const next =
      cursor < 0 ? this.#firstCursor() : this.#grid.toward(cursor, dx, dy, this.plan.pitch);
    if (next < 0) return;
    this.#setCursor(next);
    const x = this.plan.x[next] ?? 0;
    const y = this.plan.y[next] ?? 0;
    this.#move(() => {
      if (this.#camera.cell < finger_cell_px) this.#camera.glideTo(x, y, reading_cell_px);
      else this.#camera.reveal(x, y);
    });
    announce(this.describe(next));
  }

  #firstCursor(): number {
    const chosen = this.sale.choice.peek().seats[0] ?? this.sale.hold.peek()?.seats[0]?.seat;
    if (chosen !== undefined && !Number.isNaN(this.plan.x[chosen])) return chosen;
    const { width, height } = this.#camera.size;
    const { x, y } = toWorld(this.#camera.view, width / 2, height / 2);
    for (let reach = this.plan.pitch; reach < 1e9; reach *= 4) {
      const near = this.#grid.nearest(x, y, reach);
      if (near >= 0) return near;
    }
    return -1;
  }

  price(seat: number): string {
    const performance = this.sale.performance.peek();
    const amount = performance?.prices.find(
      ({ category }) => category === this.plan.category[seat],
    )?.amount;
    return amount === undefined ? '' : money(amount, performance);
  }

  /** Where it is, what it costs, how it stands. */
  lines(seat: number): [string, string, string] {
    const grade = gradeName(this.plan.categories[this.plan.category[seat] ?? -1]?.name ?? '');
    const price = [grade, this.price(seat)].filter(Boolean).join(' ');
    const kind = words.peek().seatKinds[this.plan.kind[seat] ?? 0];
    const place = placeName(this.plan, seat);
    return [kind ? `${place} (${kind})` : place, price, this.stateWord(seat)];
  }

  /** What it costs on top, and what is seen from there. */
  more(seat: number): string[] {
    const say = words.peek();
    const amount = this.sale.performance
      .peek()
      ?.prices.find(({ category }) => category === this.plan.category[seat])?.amount;
    const fee = amount === undefined ? '' : (this.sale.feeOf.peek()?.(amount) ?? '');
    const sight = sightOf(this.plan, seat);
    const view = sight
      ? [sight.side && say.sides[sight.side], say.distances[sight.far]].filter(Boolean).join(' · ')
      : '';
    return [fee && say.plusFee(fee), view].filter(Boolean);
  }

  describe(seat: number): string {
    return this.lines(seat).filter(Boolean).join(', ');
  }

  stateWord(seat: number): string {
    const { sale } = this;
    const say = words.peek();
    if (sale.hold.peek()?.seats.some((held) => held.seat === seat)) return say.stateMine;
    if (sale.choice.peek().seats.includes(seat)) return say.stateChosen;
    const state = sale.states?.of(seat);
    if (state === FREE) return say.stateFree;
    return state === SOLD ? say.stateSold : say.stateHeld;
  }
}
