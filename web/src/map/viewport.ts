// What part of the hall is on screen: screen = world × scale + offset, in CSS pixels.

import type { Box } from './plan';

export interface View {
  scale: number;
  x: number; // screen position of the world's origin
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Bounds {
  box: Box;
  size: Size;
  scaleMin: number;
  scaleMax: number;
}

export function fit(box: Box, size: Size, margin: number): View {
  const width = Math.max(1, box.right - box.left);
  const height = Math.max(1, box.bottom - box.top);
  const scale = Math.min(
    Math.max(1, size.width - 2 * margin) / width,
    Math.max(1, size.height - 2 * margin) / height,
  );
  return {
    scale,
    x: size.width / 2 - ((box.left + box.right) / 2) * scale,
    y: size.height / 2 - ((box.top + box.bottom) / 2) * scale,
  };
}

export function toWorld(view: View, sx: number, sy: number): { x: number; y: number } {
  return { x: (sx - view.x) / view.scale, y: (sy - view.y) / view.scale };
}

export function toScreen(view: View, x: number, y: number): { x: number; y: number } {
  return { x: x * view.scale + view.x, y: y * view.scale + view.y };
}

export function visible(view: View, size: Size, margin = 0): Box {
  const from = toWorld(view, -margin, -margin);
  const to = toWorld(view, size.width + margin, size.height + margin);
  return { left: from.x, top: from.y, right: to.x, bottom: to.y };
}

/** The limits of zoom: the whole hall, and a seat as big as a fingertip. */
export function boundsOf(box: Box, size: Size, margin: number, pitch: number): Bounds {
  const whole = fit(box, size, margin).scale;
  return { box, size, scaleMin: whole, scaleMax: Math.max(whole, 52 / pitch) };
}

/** Zooms so that the point under (sx, sy) stays there. */
export function zoomAt(view: View, factor: number, sx: number, sy: number, bounds: Bounds): View {
  const scale = Math.min(bounds.scaleMax, Math.max(bounds.scaleMin, view.scale * factor));
  const point = toWorld(view, sx, sy);
  return keepInside({ scale, x: sx - point.x * scale, y: sy - point.y * scale }, bounds);
}

export function pan(view: View, dx: number, dy: number, bounds: Bounds): View {
  return keepInside({ scale: view.scale, x: view.x + dx, y: view.y + dy }, bounds);
}

/** What fits on screen stays on it; what is larger may be moved until its edge is in the middle, and no further. */
export function keepInside(view: View, { box, size }: Bounds): View {
  return {
    scale: view.scale,
    x: keepAxis(view.x, box.left * view.scale, box.right * view.scale, size.width),
    y: keepAxis(view.y, box.top * view.scale, box.bottom * view.scale, size.height),
  };
}

function keepAxis(offset: number, low: number, high: number, length: number): number {
  const excess = high - low - length;
  if (excess <= 0) return Math.min(Math.max(offset, -low), length - high);
  const slack = Math.min(length / 2, excess); // grows from nothing, so that zooming never jumps
  return Math.min(Math.max(offset, length - slack - high), slack - low);
}

/** Centre on a world point at a scale. */
export function centred(x: number, y: number, scale: number, bounds: Bounds): View {
  const kept = Math.min(bounds.scaleMax, Math.max(bounds.scaleMin, scale));
  return keepInside(
    { scale: kept, x: bounds.size.width / 2 - x * kept, y: bounds.size.height / 2 - y * kept },
    bounds,
  );
}

/** Moves just so far that the point is at least `margin` inside. */
export function reveal(view: View, x: number, y: number, margin: number, bounds: Bounds): View {
  const at = toScreen(view, x, y);
  const { width, height } = bounds.size;
  const into = (value: number, length: number) =>
    Math.min(Math.max(value, Math.min(margin, length / 2)), Math.max(length - margin, length / 2));
  return pan(view, into(at.x, width) - at.x, into(at.y, height) - at.y, bounds);
}

/** Between two views, t from 0 to 1: the scale moves evenly to the eye, the point in the middle on a straight line. */
export function between(from: View, to: View, t: number, size: Size): View {
  const scale = from.scale * (to.scale / from.scale) ** t;
  const a = toWorld(from, size.width / 2, size.height / 2);
  const b = toWorld(to, size.width / 2, size.height / 2);
  // While the scale changes, equal steps on screen are unequal steps in the world.
  const ratio = to.scale / from.scale;
  const share = Math.abs(ratio - 1) < 1e-3 ? t : (1 - ratio ** -t) / (1 - 1 / ratio);
  const x = a.x + (b.x - a.x) * share;
  const y = a.y + (b.y - a.y) * share;
  return { scale, x: size.width / 2 - x * scale, y: size.height / 2 - y * scale };
}
