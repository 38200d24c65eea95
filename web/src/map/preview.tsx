import { useEffect, useRef } from 'preact/hooks';
import { tickets } from '../api/client';
import { isDark } from '../state/theme';
import { paletteOf } from './palette';
import { type Plan, readPlan, stageCorners } from './plan';
import { fit } from './viewport';

const plans = new Map<string, Promise<Plan>>();
const plans_max = 8;
let queue: Promise<void> = Promise.resolve();
const fetch_ms = 60_000; // a plan of 100,000 seats over a slow line

function planOf(layoutHash: string): Promise<Plan> {
  let plan = plans.get(layoutHash);
  if (!plan) {
    if (plans.size >= plans_max) plans.clear();
    // One after the other: they are ornaments, and share the line with what is needed. Each is kept by the browser,
    // and the hall's own page finds it there.
    plan = queue
      .then(() => tickets.getSeatMap({ layoutHash }, { timeoutMs: fetch_ms }))
      .then(readPlan);
    queue = plan.then(
      () => undefined,
      () => undefined,
    );
    plans.set(layoutHash, plan);
    plan.catch(() => plans.delete(layoutHash));
  }
  return plan;
}

/** The hall as a small picture: its seats as points of light in their prices' colours. */
export function HallPreview({ layoutHash }: { layoutHash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dark = isDark.value;
  useEffect(() => {
    const element = canvas.current;
    if (!layoutHash || !element) return;
    let wanted = true;
    const seen = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        seen.disconnect();
        planOf(layoutHash)
          .then((plan) => {
            if (wanted) draw(element, plan, dark);
          })
          .catch(() => {
            // The picture is an ornament; without it the card is plain.
          });
      },
      { rootMargin: '200px' },
    );
    seen.observe(element);
    return () => {
      wanted = false;
      seen.disconnect();
    };
  }, [layoutHash, dark]);
  return <canvas ref={canvas} class="preview" aria-hidden="true" />;
}

function draw(canvas: HTMLCanvasElement, plan: Plan, dark: boolean): void {
  const { width, height } = canvas.getBoundingClientRect();
  const context = canvas.getContext('2d');
  if (!context || width < 1) return;
  const ratio = Math.min(devicePixelRatio || 1, 2);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const view = fit(plan.box, { width, height }, 12);
  const palette = paletteOf(dark, plan.categories);
  const { stage } = plan;
  const x = stage.x * view.scale + view.x;
  const y = stage.y * view.scale + view.y;
  const glow = context.createRadialGradient(x, y, 0, x, y, height * 0.9);
  glow.addColorStop(0, palette.glow[0]);
  glow.addColorStop(1, palette.glow[1]);
  context.fillStyle = glow;
  context.fillRect(0, 0, width, height);
  context.fillStyle = palette.stage;
  context.beginPath();
  if (stage.round) context.arc(x, y, (stage.width / 2) * view.scale, 0, Math.PI * 2);
  else {
    for (const [cornerX, cornerY] of stageCorners(stage)) {
      context.lineTo(cornerX * view.scale + view.x, cornerY * view.scale + view.y);
    }
  }
  context.fill();
  const side = Math.max(0.8, plan.pitch * view.scale * 0.62);
  for (const { standing, outline, category } of plan.sections) {
    if (!standing || !outline) continue;
    context.beginPath();
    for (let i = 0; i < outline.length; i += 2) {
      context.lineTo(
        (outline[i] ?? 0) * view.scale + view.x,
        (outline[i + 1] ?? 0) * view.scale + view.y,
      );
    }
    context.globalAlpha = 0.4;
    context.fillStyle = palette.categories[category]?.fill ?? palette.sold;
    context.fill();
    context.globalAlpha = 1;
  }
  for (let seat = 0; seat < plan.count; seat++) {
    const sx = plan.x[seat] ?? NaN;
    if (Number.isNaN(sx)) continue;
    context.fillStyle = palette.categories[plan.category[seat] ?? 0]?.fill ?? palette.sold;
    context.fillRect(
      sx * view.scale + view.x - side / 2,
      (plan.y[seat] ?? 0) * view.scale + view.y - side / 2,
      side,
      side,
    );
  }
}
