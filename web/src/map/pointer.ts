// Fingers, mouse and wheel on the map, told as what they mean.

export interface PointerHooks {
  press(): void;
  pan(dx: number, dy: number): void;
  fling(vx: number, vy: number): void; // pixels a millisecond
  zoom(factor: number, x: number, y: number): void;
  tap(x: number, y: number, touch: boolean): void;
  doubleTap(x: number, y: number): void;
  hover(x: number, y: number): void;
  leave(): void;
}

interface Finger {
  x: number;
  y: number;
}

const still_px = 7; // less is a tap, more a drag
const double_ms = 300;
const double_px = 28;
const pace_ms = 80; // a finger that rested this long before it went up did not throw
const fling_min = 0.25;
const fling_max = 3;

/** Listens on the element until the returned function is called. */
export function followPointers(element: HTMLElement, hooks: PointerHooks): () => void {
  const fingers = new Map<number, Finger>();
  let travelled = 0;
  let pinched = false;
  const trail: { at: number; x: number; y: number }[] = []; // of the finger that drags, its last moments
  let lastTap = { at: Number.NEGATIVE_INFINITY, x: 0, y: 0 };
  const done = new AbortController();
  const { signal } = done;

  const at = (event: MouseEvent): Finger => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  const down = (event: PointerEvent) => {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    if (fingers.size === 0) {
      travelled = 0;
      pinched = false;
    }
    fingers.set(event.pointerId, at(event));
    if (fingers.size > 1) pinched = true;
    trail.length = 0;
    hooks.press();
    element.setPointerCapture(event.pointerId);
  };

  const move = (event: PointerEvent) => {
    const to = at(event);
    const from = fingers.get(event.pointerId);
    if (!from) {
      if (event.pointerType === 'mouse') hooks.hover(to.x, to.y);
      return;
    }
    if (fingers.size === 1) {
      travelled += Math.hypot(to.x - from.x, to.y - from.y);
      // Until it is a drag nothing moves, and then what was held back is made good.
      if (travelled > still_px || pinched) {
        hooks.leave();
        hooks.pan(to.x - from.x, to.y - from.y);
        fingers.set(event.pointerId, to);
        trail.push({ at: event.timeStamp, ...to });
        while (event.timeStamp - (trail[0]?.at ?? 0) > pace_ms) trail.shift();
      }
      return;
    }
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (!other) return;
    const before = Math.hypot(from.x - other.x, from.y - other.y);
    const after = Math.hypot(to.x - other.x, to.y - other.y);
    hooks.pan((to.x - from.x) / 2, (to.y - from.y) / 2);
    if (before > 1) hooks.zoom(after / before, (to.x + other.x) / 2, (to.y + other.y) / 2);
    fingers.set(event.pointerId, to);
  };

  const fling = (event: PointerEvent) => {
    const [first] = trail;
    const last = trail.at(-1);
    if (!first || !last || last.at === first.at || event.timeStamp - last.at > pace_ms) return;
    const vx = (last.x - first.x) / (last.at - first.at);
    const vy = (last.y - first.y) / (last.at - first.at);
    const speed = Math.hypot(vx, vy);
    if (speed < fling_min) return;
    const share = Math.min(1, fling_max / speed);
    hooks.fling(vx * share, vy * share);
  };

  const up = (event: PointerEvent) => {
    if (!fingers.delete(event.pointerId)) return;
    if (fingers.size > 0 || event.type === 'pointercancel') return;
    if (pinched || travelled > still_px) {
      if (!pinched) fling(event);
      return;
    }
    const { x, y } = at(event);
    const touch = event.pointerType !== 'mouse';
    const now = performance.now();
    const near = Math.hypot(x - lastTap.x, y - lastTap.y) < double_px;
    if (now - lastTap.at < double_ms && near) {
      lastTap.at = Number.NEGATIVE_INFINITY;
      hooks.doubleTap(x, y);
      return;
    }
    lastTap = { at: now, x, y };
    hooks.tap(x, y, touch);
  };

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const { x, y } = at(event);
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // A pinch on a touchpad comes as a wheel with ctrl, in much smaller steps.
    const speed = event.ctrlKey ? 0.012 : 0.0018;
    const delta = Math.max(-240, Math.min(240, event.deltaY * unit));
    hooks.zoom(Math.exp(-delta * speed), x, y);
  };

  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', up, { signal });
  // A finger that goes up leaves too: what it asked for stays.
  element.addEventListener(
    'pointerleave',
    ({ pointerType }) => {
      if (pointerType === 'mouse') hooks.leave();
    },
    { signal },
  );
  element.addEventListener('wheel', wheel, { signal, passive: false });
  return () => done.abort();
}
