// Where the viewer stands: the view, its limits, and moving there smoothly.

import type { Box } from './plan';
import {
  type Bounds,
  between,
  boundsOf,
  centred,
  fit,
  keepInside,
  pan,
  reveal,
  type Size,
  toScreen,
  toWorld,
  type View,
  zoomAt,
} from './viewport';

const glide_ms = 280;
const fling_ms = 700;
const rest_ms = 110;

function marginOf({ width }: Size): number {
  return Math.min(28, width * 0.04);
}

export class Camera {
  view: View = { scale: 1, x: 0, y: 0 };
  #bounds: Bounds;
  #glide: { from: View; to: View; begun: number; lasts: number } | null = null;
  #movedAt = Number.NEGATIVE_INFINITY;
  #atHome = true; // nothing has moved the view away from the whole hall

  constructor(
    private readonly box: Box,
    private readonly pitch: number,
    private readonly calm: () => boolean, // the viewer asked for less motion
  ) {
    this.#bounds = boundsOf(box, { width: 1, height: 1 }, 0, pitch);
  }

  /** True until the first size is known. */
  get atUnknown(): boolean {
    return this.#bounds.size.width <= 1;
  }

  get size(): Size {
    return this.#bounds.size;
  }

  get cell(): number {
    return this.pitch * this.view.scale;
  }

  /** How much nearer than the whole hall: 1 is all of it. */
  get zoomed(): number {
    return this.view.scale / this.#bounds.scaleMin;
  }

  resize(size: Size): void {
    const margin = marginOf(size);
    const { width, height } = this.#bounds.size;
    const goal = this.#glide?.to; // a panel that grows beside the map must not stop it on its way
    const sameWidth = size.width === width;
    const here = toWorld(this.view, width / 2, height / 2);
    const there = goal && toWorld(goal, width / 2, height / 2);
    this.#bounds = boundsOf(this.box, size, margin, this.pitch);
    this.#glide = null;
    if (this.#atHome) {
      this.view = fit(this.box, size, margin);
      return;
    }
    // A panel that grows below the map leaves what is seen where it is: a seat does not run away from the finger.
    this.view = sameWidth
      ? keepInside(this.view, this.#bounds)
      : centred(here.x, here.y, this.view.scale, this.#bounds);
    if (there) this.#glideTo(centred(there.x, there.y, goal.scale, this.#bounds));
  }

  /** Takes the glide one frame further. True while it goes on. */
  step(now: number): boolean {
    if (!this.#glide) return false;
    const { from, to, begun, lasts } = this.#glide;
    const t = Math.min(1, (now - begun) / lasts);
    const eased = 1 - (1 - t) ** 3;
    this.view = t === 1 ? to : between(from, to, eased, this.#bounds.size);
    this.#movedAt = now;
    if (t === 1) this.#glide = null;
    return t < 1;
  }

  /** Whether the view moved a moment ago; it is drawn sharp when it rests. */
  moving(now: number): boolean {
    return this.#glide !== null || now - this.#movedAt < rest_ms;
  }

  /** A finger on the map stops it. */
  halt(): void {
    if (this.#glide?.lasts === fling_ms) this.#glide = null;
  }

  panBy(dx: number, dy: number): void {
    this.#set(pan(this.view, dx, dy, this.#bounds));
  }

  zoomBy(factor: number, sx: number, sy: number): void {
    this.#set(zoomAt(this.view, factor, sx, sy, this.#bounds));
  }

  #set(view: View): void {
    this.#glide = null;
    this.#atHome = false;
    this.#movedAt = performance.now();
    this.view = view;
  }

  glideBy(factor: number, sx = this.size.width / 2, sy = this.size.height / 2): void {
    const from = this.#glide?.to ?? this.view;
    this.#glideTo(zoomAt(from, factor, sx, sy, this.#bounds));
  }

  glidePan(dx: number, dy: number): void {
    this.#glideTo(pan(this.#glide?.to ?? this.view, dx, dy, this.#bounds));
  }

  /** Goes on by itself from (vx, vy), pixels a millisecond, ever slower. */
  fling(vx: number, vy: number): void {
    if (this.calm()) return;
    // The glide's curve begins three times as fast as its average.
    const far = fling_ms / 3;
    this.#glideTo(pan(this.view, vx * far, vy * far, this.#bounds), fling_ms);
  }

  glideHome(): void {
    this.#glideTo(fit(this.box, this.size, marginOf(this.size)));
    this.#atHome = true;
  }

  /** At once, at the same size. */
  centreOn(x: number, y: number): void {
    this.#set(centred(x, y, this.view.scale, this.#bounds));
  }

  /** Close enough to read, with the point in the middle. */
  glideTo(x: number, y: number, cell: number): void {
    this.#glideTo(centred(x, y, cell / this.pitch, this.#bounds));
  }

  /** Whether the whole box is on screen, `margin` pixels and more from its edges. */
  sees(box: Box, margin: number): boolean {
    const { view, size } = this;
    const from = toScreen(view, box.left, box.top);
    const to = toScreen(view, box.right, box.bottom);
    return (
      from.x >= margin &&
      from.y >= margin &&
      to.x <= size.width - margin &&
      to.y <= size.height - margin
    );
  }

  /** How large seats are, in pixels, where the whole box is seen with a margin around it (a share of the screen). */
  cellOf(box: Box, margin: number): number {
    const { size } = this;
    return fit(box, size, Math.min(size.width, size.height) * margin).scale * this.pitch;
  }

  /** So that the whole box is seen, not nearer than `cell` pixels a seat. */
  glideToBox(box: Box, cell: number, margin = 0.25): void {
    const scale = Math.min(this.cellOf(box, margin), cell) / this.pitch;
    const x = (box.left + box.right) / 2;
    const y = (box.top + box.bottom) / 2;
    this.#glideTo(centred(x, y, scale, this.#bounds));
  }

  reveal(x: number, y: number): void {
    const from = this.#glide?.to ?? this.view;
    const to = reveal(from, x, y, Math.max(40, this.cell * 1.5), this.#bounds);
    if (to.x !== from.x || to.y !== from.y) this.#glideTo(to);
  }

  #glideTo(view: View, lasts = glide_ms): void {
    this.#atHome = false;
    const to = keepInside(view, this.#bounds);
    if (this.calm()) {
      this.#set(to);
      return;
    }
    this.#glide = { from: this.view, to, begun: performance.now(), lasts };
  }
}
