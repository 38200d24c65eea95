// Where a seat looks from: how far it is, compared with the others of its hall, and from which side.

import type { Plan } from './plan';

export interface Sight {
  far: 'near' | 'middle' | 'far';
  side: 'left' | 'centre' | 'right' | null; // as the audience sees it; null: the stage is in the middle of the house
}

const aside = 0.42; // tangent of the angle beyond which one sits at the side

export function sightOf(plan: Plan, seat: number): Sight | null {
  const x = plan.x[seat] ?? NaN;
  const y = plan.y[seat] ?? NaN;
  if (Number.isNaN(x)) return null;
  const { stage, box } = plan;
  const dx = x - stage.x;
  const dy = y - stage.y;
  const furthest = Math.max(
    Math.hypot(box.left - stage.x, box.top - stage.y),
    Math.hypot(box.right - stage.x, box.top - stage.y),
    Math.hypot(box.left - stage.x, box.bottom - stage.y),
    Math.hypot(box.right - stage.x, box.bottom - stage.y),
  );
  const share = Math.hypot(dx, dy) / (furthest || 1);
  const far = share < 0.3 ? 'near' : share < 0.62 ? 'middle' : 'far';
  if (stage.round) return { far, side: null };
  // The audience looks against this direction; its right hand is where "across" grows.
  const ahead = dy * Math.cos(stage.angle) - dx * Math.sin(stage.angle);
  const across = dx * Math.cos(stage.angle) + dy * Math.sin(stage.angle);
  if (Math.abs(across) <= Math.max(stage.width / 2, Math.abs(ahead) * aside))
    return { far, side: 'centre' };
  return { far, side: across < 0 ? 'left' : 'right' };
}
