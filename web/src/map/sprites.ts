// Seats are stamped, not drawn: one small picture a kind of seat at the present size, and one a printed number.

import { SeatKind } from '../gen/usher/v1/hall_pb';
import type { Paint, Palette } from './palette';

/** How a seat looks: 0 … n - 1 free in that category, then these. */
export type Look = number;

export interface Looks {
  sold: Look;
  held: Look;
  mine: Look;
  offered: Look;
  aside: Look; // free, and not what is looked for
  count: number;
}

export function looksOf(categoryCount: number): Looks {
  return {
    sold: categoryCount,
    held: categoryCount + 1,
    mine: categoryCount + 2,
    offered: categoryCount + 3,
    aside: categoryCount + 4,
    count: categoryCount + 5,
  };
}

const numbers_max = 2_000;

function canvas(size: number): [OffscreenCanvas, OffscreenCanvasRenderingContext2D] {
  const made = new OffscreenCanvas(size, size);
  const context = made.getContext('2d');
  if (!context) throw new Error('no 2d canvas');
  return [made, context];
}

export class Sprites {
  #size = 0;
  #stamps: (OffscreenCanvas | undefined)[] = [];
  #numbers = new Map<string, OffscreenCanvas>(); // and what stands in their place

  constructor(
    private readonly palette: Palette,
    private readonly looks: Looks,
  ) {}

  /** Sets the side of a seat's cell in device pixels. */
  resize(size: number): void {
    if (size === this.#size) return;
    this.#size = size;
    this.#stamps = [];
    this.#numbers.clear();
  }

  stamp(look: Look): OffscreenCanvas {
    let made = this.#stamps[look];
    if (!made) {
      made = this.#draw(look);
      this.#stamps[look] = made;
    }
    return made;
  }

  #draw(look: Look): OffscreenCanvas {
    const { palette, looks } = this;
    const size = this.#size;
    const [made, context] = canvas(Math.max(2, Math.ceil(size * 1.2)));
    context.translate(made.width / 2, made.height / 2);
    const seat = (share: number) => {
      const side = size * share;
      context.beginPath();
      context.roundRect(-side / 2, -side / 2, side, side, side * 0.3);
    };
    if (look === looks.sold) {
      seat(0.5);
      context.fillStyle = palette.sold;
      context.fill();
    } else if (look === looks.held) {
      seat(0.66);
      context.fillStyle = palette.held;
      context.fill();
      context.save();
      context.clip();
      hatch(context, size, palette.heldLine);
      context.restore();
    } else if (look === looks.mine) {
      seat(0.96);
      context.fillStyle = palette.mineRing;
      context.fill();
      seat(0.96 - Math.max(0.14, 3 / size));
      context.fillStyle = palette.mine.fill;
      context.fill();
    } else if (look === looks.offered) {
      seat(0.8);
      context.lineWidth = Math.max(1.5, size * 0.12);
      context.strokeStyle = palette.offered;
      context.stroke();
    } else if (look === looks.aside) {
      seat(0.8);
      context.fillStyle = palette.aside;
      context.fill();
    } else {
      seat(0.8);
      context.fillStyle = this.#paint(look).fill;
      context.fill();
    }
    return made;
  }

  #paint(look: Look): Paint {
    if (look === this.looks.mine) return this.palette.mine;
    if (look === this.looks.offered) {
      return { fill: this.palette.offered, ink: this.palette.offered };
    }
    return this.palette.categories[look] ?? { fill: this.palette.sold, ink: this.palette.label };
  }

  /** What kind of place it is, where it is no ordinary one: a sign in place of its number, or a corner in the number's colour. */
  sign(kind: SeatKind, look: Look): OffscreenCanvas {
    const { ink } = this.#paint(look);
    const key = `${ink} kind ${kind}`;
    let made = this.#numbers.get(key);
    if (!made) {
      const [drawn, context] = canvas(Math.ceil(this.#size * 1.2));
      context.translate(drawn.width / 2, drawn.height / 2);
      context.scale(this.#size, this.#size);
      context.strokeStyle = ink;
      context.fillStyle = ink;
      context.lineWidth = 0.065;
      context.lineCap = 'round';
      context.lineJoin = 'round';
      signs[kind]?.(context);
      this.#numbers.set(key, drawn);
      made = drawn;
    }
    return made;
  }

  /** A printed number, upright, in the middle of a square as large as a stamp. */
  number(text: string, look: Look, font: string): OffscreenCanvas {
    const { ink } = this.#paint(look);
    const key = `${ink} ${text}`;
    let made = this.#numbers.get(key);
    if (!made) {
      if (this.#numbers.size >= numbers_max) this.#numbers.clear();
      const [drawn, context] = canvas(Math.ceil(this.#size * 1.2));
      const height = this.#size * (text.length > 2 ? 0.3 : 0.38);
      context.font = `650 ${height}px ${font}`;
      context.textAlign = 'center';
      context.textBaseline = 'alphabetic';
      context.fillStyle = ink;
      context.fillText(text, drawn.width / 2, drawn.height / 2 + height * 0.36, this.#size * 0.7);
      this.#numbers.set(key, drawn);
      made = drawn;
    }
    return made;
  }
}

// In a cell of side 1 around 0, 0; a seat is 0.8 of it.
const signs: Partial<Record<SeatKind, (context: OffscreenCanvasRenderingContext2D) => void>> = {
  [SeatKind.WHEELCHAIR](context) {
    context.beginPath();
    context.arc(-0.05, -0.25, 0.055, 0, Math.PI * 2);
    context.fill();
    context.beginPath();
    context.moveTo(-0.05, -0.14);
    context.lineTo(-0.05, 0.04);
    context.lineTo(0.11, 0.04);
    context.lineTo(0.19, 0.21);
    context.moveTo(-0.05, -0.05);
    context.lineTo(0.09, -0.05);
    context.stroke();
    context.beginPath();
    context.arc(-0.02, 0.11, 0.16, -2.3, 0.75, true);
    context.stroke();
  },
  [SeatKind.COMPANION](context) {
    context.beginPath();
    context.arc(0, -0.13, 0.085, 0, Math.PI * 2);
    context.fill();
    context.beginPath();
    context.arc(0, 0.2, 0.16, Math.PI, 0);
    context.fill();
  },
  [SeatKind.RESTRICTED_VIEW](context) {
    context.beginPath();
    context.moveTo(0.14, -0.4);
    context.lineTo(0.4, -0.4);
    context.lineTo(0.4, -0.14);
    context.closePath();
    context.fill();
  },
};

function hatch(context: OffscreenCanvasRenderingContext2D, size: number, color: string): void {
  const step = Math.max(2.5, size * 0.2);
  context.beginPath();
  for (let at = -size; at <= size; at += step) {
    context.moveTo(at - size / 2, size / 2);
    context.lineTo(at + size / 2, -size / 2);
  }
  context.lineWidth = Math.max(0.8, size * 0.07);
  context.strokeStyle = color;
  context.stroke();
}
