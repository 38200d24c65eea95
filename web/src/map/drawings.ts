// What a plan draws beside its seats: a bar, a wall, a word. Below everything else, and quiet.

import type { PlanDrawing } from './plan';
import { toScreen, type View } from './viewport';

const text_px = 12;
const faint = 0.22;

interface Inks {
  line: string;
  text: string;
}

export function paintDrawings(
  context: OffscreenCanvasRenderingContext2D,
  drawings: readonly PlanDrawing[],
  view: View,
  inks: Inks,
  font: string,
): void {
  for (const { outline, color } of drawings) {
    if (!outline) continue;
    context.beginPath();
    for (let i = 0; i < outline.length; i += 2) {
      const { x, y } = toScreen(view, outline[i] ?? 0, outline[i + 1] ?? 0);
      if (i === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.closePath();
    if (color !== null) {
      context.globalAlpha = faint;
      context.fillStyle = `#${color.toString(16).padStart(6, '0')}`;
      context.fill();
      context.globalAlpha = 1;
    }
    context.lineWidth = 1;
    context.strokeStyle = inks.line;
    context.stroke();
  }
  context.font = `600 ${text_px}px ${font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = inks.text;
  for (const { text, x, y } of drawings) {
    if (!text) continue;
    const at = toScreen(view, x, y);
    context.fillText(text, at.x, at.y);
  }
}
