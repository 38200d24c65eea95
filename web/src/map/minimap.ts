// The whole hall in a corner, with a frame around what is on screen; a finger on it moves the view there.

import type { Box } from './plan';
import { fit, type Size, toScreen, toWorld, type View, visible } from './viewport';

const margin_px = 5;
const fresh_ms = 500; // the small picture is painted anew at most this often

export class MiniMap {
  #picture = new OffscreenCanvas(1, 1);
  #paintedAt = Number.NEGATIVE_INFINITY;
  #view: View = { scale: 1, x: 0, y: 0 };
  #size: Size = { width: 0, height: 0 };
  readonly #done = new AbortController();

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly box: Box,
    private readonly paint: (context: OffscreenCanvasRenderingContext2D, view: View) => void,
    onPlace: (x: number, y: number) => void,
  ) {
    const { signal } = this.#done;
    const place = (event: PointerEvent) => {
      const { left, top } = canvas.getBoundingClientRect();
      const at = toWorld(this.#view, event.clientX - left, event.clientY - top);
      onPlace(at.x, at.y);
    };
    canvas.addEventListener(
      'pointerdown',
      (event) => {
        canvas.setPointerCapture(event.pointerId);
        place(event);
        event.stopPropagation();
      },
      { signal },
    );
    canvas.addEventListener(
      'pointermove',
      (event) => {
        if (canvas.hasPointerCapture(event.pointerId)) place(event);
        event.stopPropagation();
      },
      { signal },
    );
    for (const name of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(name, (event) => event.stopPropagation(), { signal });
    }
  }

  close(): void {
    this.#done.abort();
  }

  /** Its colours have changed, or it was not seen for a while. */
  renew(): void {
    this.#paintedAt = Number.NEGATIVE_INFINITY;
  }

  draw(view: View, size: Size, frame: string, ratio: number, now: number): void {
    const canvas = this.canvas;
    const { clientWidth: width, clientHeight: height } = canvas;
    const context = canvas.getContext('2d');
    if (!context || width === 0) return;
    if (width !== this.#size.width || height !== this.#size.height) {
      this.#size = { width, height };
      for (const one of [canvas, this.#picture]) {
        one.width = Math.round(width * ratio);
        one.height = Math.round(height * ratio);
      }
      this.#view = fit(this.box, this.#size, margin_px);
      this.renew();
    }
    if (now - this.#paintedAt > fresh_ms) {
      const small = this.#picture.getContext('2d');
      if (small) {
        small.setTransform(1, 0, 0, 1, 0, 0);
        small.clearRect(0, 0, canvas.width, canvas.height);
        small.setTransform(ratio, 0, 0, ratio, 0, 0);
        this.paint(small, this.#view);
      }
      this.#paintedAt = now;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.#picture, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const seen = visible(view, size);
    const from = toScreen(this.#view, seen.left, seen.top);
    const to = toScreen(this.#view, seen.right, seen.bottom);
    const left = Math.max(1.5, from.x);
    const top = Math.max(1.5, from.y);
    context.lineWidth = 2;
    context.strokeStyle = frame;
    context.strokeRect(
      left,
      top,
      Math.max(4, Math.min(width - 1.5, to.x) - left),
      Math.max(4, Math.min(height - 1.5, to.y) - top),
    );
  }
}
