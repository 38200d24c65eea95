// A hall's layout as the map needs it: flat arrays by seat index, and where things are.

import { type SeatMap, SectionKind } from '../gen/usher/v1/hall_pb';

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface PlanSection {
  index: number;
  name: string;
  standing: boolean;
  firstSeat: number;
  placeCount: number;
  category: number; // of a standing area; else of its first seat
  outline: Float32Array | null; // x, y pairs
  x: number; // where its name goes, over its seats
  y: number;
  ends: NameEnd[]; // where its name goes beside them, the best first
  box: Box;
}

/** The edge of a section, and the way out of it: a unit vector. */
export interface NameEnd {
  x: number;
  y: number;
  outX: number;
  outY: number;
}

export interface PlanRow {
  name: string;
  label: string; // the plan's own words, "Reihe %s"; empty: it has none
  seatLabel: string;
  section: number;
  firstSeat: number;
  seatCount: number;
  breaks: readonly number[]; // an aisle is behind these of its seats, from 0
  ring: boolean; // around a table: its last seat is its first one's neighbour
}

/** What is drawn beside the seats. */
export interface PlanDrawing {
  outline: Float32Array | null; // x, y pairs
  color: number | null; // of its inside
  text: string;
  x: number; // the text's middle
  y: number;
}

export interface Stage {
  x: number;
  y: number;
  width: number;
  depth: number;
  round: boolean; // seats all around it
  angle: number; // the way the audience looks from, radians: 0 is below
}

/** Coordinates are those of the layout: hundredths of a unit. Places of standing areas have none (NaN). */
export interface Plan {
  name: string;
  categories: { name: string; color: number; places: number }[];
  sections: PlanSection[];
  rows: PlanRow[];
  count: number;
  x: Float32Array;
  y: Float32Array;
  angle: Float32Array; // of the row at the seat, radians
  category: Uint8Array;
  section: Uint16Array;
  row: Int32Array; // -1 in a standing area
  numbers: string[];
  kind: Uint8Array; // SeatKind
  drawings: PlanDrawing[];
  pitch: number; // the usual distance from seat to seat
  box: Box; // everything, the stage too
  stage: Stage;
}

export function emptyBox(): Box {
  return { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
}

export function extend(box: Box, x: number, y: number, by = 0): void {
  if (x - by < box.left) box.left = x - by;
  if (y - by < box.top) box.top = y - by;
  if (x + by > box.right) box.right = x + by;
  if (y + by > box.bottom) box.bottom = y + by;
}

export function readPlan(map: SeatMap): Plan {
  const count = map.placeCount;
  const plan: Plan = {
    name: map.name,
    categories: map.categories.map(({ name, color }) => ({ name, color, places: 0 })),
    sections: [],
    rows: [],
    count,
    x: new Float32Array(count).fill(NaN),
    y: new Float32Array(count).fill(NaN),
    angle: new Float32Array(count),
    category: new Uint8Array(count),
    section: new Uint16Array(count),
    row: new Int32Array(count).fill(-1),
    numbers: new Array<string>(count).fill(''),
    kind: new Uint8Array(count),
    drawings: [],
    pitch: 2500,
    box: emptyBox(),
    stage: { x: map.stageX, y: map.stageY, width: 0, depth: 0, round: false, angle: 0 },
  };
  const gaps: number[] = [];
  map.sections.forEach((section, index) => {
    const standing = section.kind === SectionKind.STANDING;
    const box = emptyBox();
    plan.section.fill(index, section.firstSeat, section.firstSeat + section.placeCount);
    if (standing) {
      plan.category.fill(
        section.category,
        section.firstSeat,
        section.firstSeat + section.placeCount,
      );
    }
    const outline = readOutline(section.outline, box);
    for (const row of section.rows) readRow(plan, index, row, box, gaps);
    plan.sections.push({
      index,
      name: section.name,
      standing,
      firstSeat: section.firstSeat,
      placeCount: section.placeCount,
      category: plan.category[section.firstSeat] ?? 0,
      outline,
      x: (box.left + box.right) / 2,
      y: (box.top + box.bottom) / 2,
      ends: [],
      box,
    });
  });
  plan.pitch = median(gaps) || 2500;
  for (const category of plan.category) {
    const one = plan.categories[category];
    if (one) one.places++;
  }
  for (const section of plan.sections) placeName(plan, section);
  for (const { box } of plan.sections) {
    if (box.left > box.right) continue;
    extend(plan.box, box.left, box.top, plan.pitch / 2);
    extend(plan.box, box.right, box.bottom, plan.pitch / 2);
  }
  for (const { outline, color, filled, text, textX, textY } of map.drawings) {
    plan.drawings.push({
      outline: readOutline(outline, plan.box),
      color: filled ? color : null,
      text,
      x: textX,
      y: textY,
    });
    if (text) extend(plan.box, textX, textY);
  }
  plan.stage = placeStage(plan, map.stageX, map.stageY);
  for (const section of plan.sections) placeEnds(plan, section);
  const { stage } = plan;
  const reach = Math.max(stage.width, stage.depth) / 2;
  if (stage.round) extend(plan.box, stage.x, stage.y, reach);
  else for (const [x, y] of stageCorners(stage)) extend(plan.box, x, y);
  return plan;
}

function readOutline(deltas: number[], box: Box): Float32Array | null {
  if (deltas.length < 6) return null;
  const outline = new Float32Array(deltas.length & ~1);
  let x = 0;
  let y = 0;
  for (let i = 0; i + 1 < deltas.length; i += 2) {
    x += deltas[i] ?? 0;
    y += deltas[i + 1] ?? 0;
    outline[i] = x;
    outline[i + 1] = y;
    extend(box, x, y);
  }
  return outline;
}

type MapRow = SeatMap['sections'][number]['rows'][number];

function readRow(plan: Plan, section: number, row: MapRow, box: Box, gaps: number[]): void {
  const index = plan.rows.length;
  const seatCount = row.numbers.length;
  plan.rows.push({
    name: row.name,
    label: row.rowLabel,
    seatLabel: row.seatLabel,
    section,
    firstSeat: row.firstSeat,
    seatCount,
    breaks: row.breaks,
    ring: row.ring,
  });
  let x = 0;
  let y = 0;
  for (let k = 0; k < seatCount; k++) {
    const seat = row.firstSeat + k;
    const dx = row.xy[2 * k] ?? 0;
    const dy = row.xy[2 * k + 1] ?? 0;
    x += dx;
    y += dy;
    plan.x[seat] = x;
    plan.y[seat] = y;
    plan.row[seat] = index;
    plan.numbers[seat] = row.numbers[k] ?? '';
    plan.kind[seat] = row.kinds[k] ?? 0;
    plan.category[seat] = row.categories[k] ?? row.categories[0] ?? 0;
    extend(box, x, y);
    if (k > 0) {
      // A row may run either way; the seats look the same turned by half.
      plan.angle[seat] = Math.atan(dy / (dx || 1e-9));
      gaps.push(Math.hypot(dx, dy));
    }
    if (k === 1) plan.angle[seat - 1] = plan.angle[seat] ?? 0;
  }
}

function median(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? 0;
}

// The middle of a section's box may lie outside a curved section; the seat nearest to its seats' mean does not.
function placeName(plan: Plan, section: PlanSection): void {
  if (section.standing) return;
  let sumX = 0;
  let sumY = 0;
  const end = section.firstSeat + section.placeCount;
  for (let seat = section.firstSeat; seat < end; seat++) {
    sumX += plan.x[seat] ?? 0;
    sumY += plan.y[seat] ?? 0;
  }
  const meanX = sumX / section.placeCount;
  const meanY = sumY / section.placeCount;
  let best = Infinity;
  for (let seat = section.firstSeat; seat < end; seat++) {
    const x = plan.x[seat] ?? 0;
    const y = plan.y[seat] ?? 0;
    const distance = (x - meanX) ** 2 + (y - meanY) ** 2;
    if (distance < best) {
      best = distance;
      section.x = x;
      section.y = y;
    }
  }
}

// Behind the last row, and before the first: on the line from the stage through the section's middle.
function placeEnds(plan: Plan, section: PlanSection): void {
  if (section.standing || section.placeCount === 0) return;
  const { stage, pitch } = plan;
  const far = Math.hypot(section.x - stage.x, section.y - stage.y) || 1;
  const outX = (section.x - stage.x) / far;
  const outY = (section.y - stage.y) / far;
  let last = -Infinity;
  let first = Infinity;
  for (let seat = section.firstSeat; seat < section.firstSeat + section.placeCount; seat++) {
    const dx = (plan.x[seat] ?? 0) - section.x;
    const dy = (plan.y[seat] ?? 0) - section.y;
    if (Math.abs(dx * outY - dy * outX) > pitch * 2) continue;
    const along = dx * outX + dy * outY;
    if (along > last) last = along;
    if (along < first) first = along;
  }
  section.ends = [
    { x: section.x + outX * last, y: section.y + outY * last, outX, outY },
    { x: section.x + outX * first, y: section.y + outY * first, outX: -outX, outY: -outY },
  ];
}

// The layout tells the point everybody looks at. The stage is drawn from there backwards, as wide as looks right before
// this hall and as leaves every place clear of it; where seats are all around the point, it is round.
function placeStage(plan: Plan, x: number, y: number): Stage {
  const { box, pitch } = plan;
  const width = box.right - box.left || 1;
  const height = box.bottom - box.top || 1;
  const offX = (box.left + box.right) / 2 - x;
  const offY = (box.top + box.bottom) / 2 - y;
  let nearest = Infinity;
  eachPoint(plan, (px, py) => {
    nearest = Math.min(nearest, Math.hypot(px - x, py - y));
  });
  if (!Number.isFinite(nearest)) nearest = pitch * 4;
  const roundSize = Math.max(pitch * 2, nearest * 1.3);
  const round: Stage = { x, y, width: roundSize, depth: roundSize, round: true, angle: 0 };
  if (Math.hypot(offX / width, offY / height) < 0.2) return round;
  // Audiences sit below, above or beside; a stage turned by odd angles would only look like an error.
  const sideways = Math.abs(offX) / width > Math.abs(offY) / height;
  const angle = sideways ? (offX > 0 ? -Math.PI / 2 : Math.PI / 2) : offY > 0 ? 0 : Math.PI;
  const wished = Math.max(pitch * 8, (sideways ? height : width) * 0.34);
  const depth = Math.max(pitch * 3, wished * 0.16);
  // Around the point, where the front row leaves room; else behind it. The wider one looks more like a stage.
  const closest = depth / 2 - Math.min(depth / 2, Math.max(0, nearest - 2 * pitch));
  const stages = [closest, depth / 2].map((back): Stage => {
    const stageX = x + Math.sin(angle) * back;
    const stageY = y - Math.cos(angle) * back;
    let across = wished;
    eachPoint(plan, (px, py) => {
      const aside = (px - stageX) * Math.cos(angle) + (py - stageY) * Math.sin(angle);
      const ahead = (py - stageY) * Math.cos(angle) - (px - stageX) * Math.sin(angle);
      if (Math.abs(ahead) < depth / 2 + Math.min(pitch, nearest / 2)) {
        across = Math.min(across, 2 * (Math.abs(aside) - 1.5 * pitch));
      }
    });
    return { x: stageX, y: stageY, width: across, depth, round: false, angle };
  });
  const widest = stages.reduce((one, other) => (other.width > one.width ? other : one));
  return widest.width < pitch * 4 ? round : widest;
}

/** Every seat, and points along the outlines of standing areas: near enough for a drawing. */
function eachPoint(plan: Plan, look: (x: number, y: number) => void): void {
  for (let seat = 0; seat < plan.count; seat++) {
    const x = plan.x[seat] ?? NaN;
    if (!Number.isNaN(x)) look(x, plan.y[seat] ?? 0);
  }
  for (const { outline, standing } of plan.sections) {
    if (!outline || !standing) continue;
    for (let i = 0; i < outline.length; i += 2) {
      const j = (i + 2) % outline.length;
      for (let t = 0; t < 1; t += 0.125) {
        const ax = outline[i] ?? 0;
        const ay = outline[i + 1] ?? 0;
        look(ax + ((outline[j] ?? 0) - ax) * t, ay + ((outline[j + 1] ?? 0) - ay) * t);
      }
    }
  }
}

export function stageCorners({ x, y, width, depth, angle }: Stage): [number, number][] {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([a = 0, b = 0]) => {
    const dx = (a * width) / 2;
    const dy = (b * depth) / 2;
    return [x + dx * cos - dy * sin, y + dx * sin + dy * cos];
  });
}

export function insideOutline(outline: Float32Array, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
    const ax = outline[i] ?? 0;
    const ay = outline[i + 1] ?? 0;
    const bx = outline[j] ?? 0;
    const by = outline[j + 1] ?? 0;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** The standing area at a point, or null. */
export function areaAt(plan: Plan, x: number, y: number): PlanSection | null {
  for (const section of plan.sections) {
    if (section.standing && section.outline && insideOutline(section.outline, x, y)) return section;
  }
  return null;
}
