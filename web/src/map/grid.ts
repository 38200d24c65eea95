// Which seats are in a rectangle, and which is nearest: a grid of cells, each a run in one array.

import type { Box } from './plan';

export class Grid {
  readonly #columns: number;
  readonly #rows: number;
  readonly #start: Uint32Array; // where each cell's run begins; one more at the end
  readonly #items: Uint32Array;

  /** Points that are NaN are in no cell. */
  constructor(
    private readonly x: Float32Array,
    private readonly y: Float32Array,
    private readonly box: Box,
    private readonly cell: number,
  ) {
    // A plan whose seats are spread absurdly far must not ask for absurd memory.
    const width = Math.max(0, box.right - box.left) || 0;
    const height = Math.max(0, box.bottom - box.top) || 0;
    while ((width / this.cell + 1) * (height / this.cell + 1) > 250_000) this.cell *= 2;
    this.#columns = Math.floor(width / this.cell) + 1;
    this.#rows = Math.floor(height / this.cell) + 1;
    this.#start = new Uint32Array(this.#columns * this.#rows + 1);
    const cellOf = new Int32Array(x.length);
    for (let i = 0; i < x.length; i++) {
      const cell = this.#cellAt(x[i] ?? NaN, y[i] ?? NaN);
      cellOf[i] = cell;
      if (cell >= 0) this.#start[cell + 1] = (this.#start[cell + 1] ?? 0) + 1;
    }
    for (let i = 1; i < this.#start.length; i++) {
      this.#start[i] = (this.#start[i] ?? 0) + (this.#start[i - 1] ?? 0);
    }
    const next = this.#start.slice();
    this.#items = new Uint32Array(this.#start[this.#start.length - 1] ?? 0);
    for (let i = 0; i < x.length; i++) {
      const cell = cellOf[i] ?? -1;
      if (cell < 0) continue;
      const at = next[cell] ?? 0;
      this.#items[at] = i;
      next[cell] = at + 1;
    }
  }

  #cellAt(x: number, y: number): number {
    const column = Math.floor((x - this.box.left) / this.cell);
    const row = Math.floor((y - this.box.top) / this.cell);
    if (!(column >= 0 && column < this.#columns && row >= 0 && row < this.#rows)) return -1;
    return row * this.#columns + column;
  }

  /** Visits every point of the cells that touch the rectangle: all that are inside, and some just outside. */
  visit(area: Box, each: (item: number) => void): void {
    const { left, top } = this.box;
    const from = Math.max(0, Math.floor((area.left - left) / this.cell));
    const to = Math.min(this.#columns - 1, Math.floor((area.right - left) / this.cell));
    const last = Math.min(this.#rows - 1, Math.floor((area.bottom - top) / this.cell));
    for (let row = Math.max(0, Math.floor((area.top - top) / this.cell)); row <= last; row++) {
      const begin = this.#start[row * this.#columns + from] ?? 0;
      const end = this.#start[row * this.#columns + to + 1] ?? 0;
      if (to < from) return;
      for (let i = begin; i < end; i++) each(this.#items[i] ?? 0);
    }
  }

  /** The point nearest to (x, y) within reach, or -1. */
  nearest(x: number, y: number, reach: number): number {
    let found = -1;
    let best = reach * reach;
    this.visit({ left: x - reach, top: y - reach, right: x + reach, bottom: y + reach }, (i) => {
      const distance = ((this.x[i] ?? 0) - x) ** 2 + ((this.y[i] ?? 0) - y) ** 2;
      if (distance <= best) {
        best = distance;
        found = i;
      }
    });
    return found;
  }

  /** The next point from `from` in the direction (dx, dy), for moving by keys: near, and not far to the side. */
  toward(from: number, dx: number, dy: number, step: number): number {
    const x = this.x[from] ?? 0;
    const y = this.y[from] ?? 0;
    for (let reach = step * 2; reach <= step * 64; reach *= 2) {
      let found = -1;
      let best = Infinity;
      this.visit({ left: x - reach, top: y - reach, right: x + reach, bottom: y + reach }, (i) => {
        if (i === from) return;
        const ox = (this.x[i] ?? 0) - x;
        const oy = (this.y[i] ?? 0) - y;
        const along = ox * dx + oy * dy;
        const aside = Math.abs(ox * dy - oy * dx);
        if (along < step * 0.3 || aside > along) return;
        const cost = along + aside * 2;
        if (cost < best) {
          best = cost;
          found = i;
        }
      });
      if (found >= 0) return found;
    }
    return -1;
  }
}
