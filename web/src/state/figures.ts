// What a stampede measured, as `usher stampede --out` writes it (src/crowd/report_json.c).

export interface Verdict {
  name: 'answered' | 'apart' | 'there' | 'line';
  ok: boolean;
  /** True, but there was nothing it could have been false of. */
  empty: boolean;
  claim: string;
  found: string;
}

export const outcomes = [
  'ordered',
  'held',
  'released',
  'taken',
  'refused',
  'unanswered',
  'error',
  'unsent',
] as const;
export type Outcome = (typeof outcomes)[number];

export interface Times {
  count: number;
  min: number;
  p50: number;
  p90: number;
  p99: number;
  p99_9: number;
  max: number;
}

interface Counts {
  free: number;
  held: number;
  sold: number;
  version: number;
}

export const cheats = ['without_pass', 'forged', 'shared', 'replayed', 'expired'] as const;
export type Cheat = (typeof cheats)[number];

export type Line = {
  joined: number;
  entered: number;
  numbers_given_twice: number;
  out_of_order: number;
  over_admission: number;
  overtaken: number;
  rank_correlation: number | null;
  refreshed: number;
  renumbered: number;
  cheats: number;
  cheats_succeeded: number;
  estimates: number;
  estimates_kept: number;
  wait_p50_ms: number;
  wait_max_ms: number;
} & { [kind in `cheats_${Cheat}`]: number };

export const heats = ['held', 'not_held', 'ordered'] as const;
export type HeatKind = (typeof heats)[number];

/** Cells that are not empty: column, row, people, and on. */
export type Heat = {
  columns: number;
  column_ms: number;
  edges_ms: number[];
} & { [kind in HeatKind]: number[] };

export interface Figures {
  ok: boolean;
  verdicts: Verdict[];
  crowd: {
    url: string;
    event: string;
    hall: string;
    places: number;
    users: number;
    within_ms: number;
    wish: string;
    abandon: number;
    tries: number;
    connections: number;
    threads: number;
    seed: number;
  };
  interrupted: boolean;
  error?: string;
  arrivals: number;
  outcomes: { [outcome in Outcome]: number };
  reasons: { [reason: string]: number };
  sent_again: { [reason: string]: number };
  requests_sent_again: number;
  connections_opened_again: number;
  seats_held: number;
  seats_sold: number;
  claims: number;
  conflicts: number;
  order_wishes: number;
  orders_there: number;
  orders_lost: number;
  orders_not_verified: number;
  hold_ms: Times;
  order_ms: Times;
  generator_lag_ms: Times;
  answers_per_s: number;
  orders_per_s: number;
  rush_ms: number;
  prepare_ms: number;
  verify_ms: number;
  before: Counts;
  after?: Counts;
  line?: Line;
  series: { bin_ms: number; arrived: number[]; answered: number[]; sold: number[] };
  percentiles: {
    per_mille: number[];
    hold_ms: number[];
    order_ms: number[];
    generator_lag_ms: number[];
  };
  heat: Heat;
}

/** Nobody was sent: why. */
export interface Unsent {
  error: string;
}

export function isUnsent(read: Figures | Unsent): read is Unsent {
  return !('verdicts' in read);
}

/** The figures in the page's own element; null where they are none. */
export function readFigures(text: string): Figures | Unsent | null {
  try {
    const read = JSON.parse(text) as Figures | Unsent | string | null;
    return read !== null && typeof read === 'object' ? read : null;
  } catch {
    return null;
  }
}

export interface HeatCell {
  column: number;
  row: number;
  n: number;
}

/** The cells of some kinds together. */
export function cellsOf(heat: Heat, kinds: readonly HeatKind[]): HeatCell[] {
  const sums = new Map<number, number>();
  const rows = heat.edges_ms.length;
  for (const kind of kinds) {
    const flat = heat[kind];
    for (let i = 0; i + 2 < flat.length; i += 3) {
      const at = (flat[i] ?? 0) * rows + (flat[i + 1] ?? 0);
      sums.set(at, (sums.get(at) ?? 0) + (flat[i + 2] ?? 0));
    }
  }
  return [...sums].map(([at, n]) => ({ column: Math.floor(at / rows), row: at % rows, n }));
}

/** How many in each row. */
export function rowsOf(heat: Heat, kind: HeatKind): number[] {
  const sums = new Array<number>(heat.edges_ms.length - 1).fill(0);
  for (const { row, n } of cellsOf(heat, [kind])) sums[row] = (sums[row] ?? 0) + n;
  return sums;
}

/** Sums from the beginning on. */
export function running(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((n) => {
    sum += n;
    return sum;
  });
}
