// The lines in front of what is on sale. Loaded apart: most shows have none.

import { call_ms } from '../api/client';
import { waitroom } from '../api/line';
import { persist } from '../api/retry';
import { LineState, type Sale } from '../gen/usher/v1/waitroom_pb';

export interface SaleBrief {
  saleId: number;
  performanceIds: number[];
  opensAtMs: number;
  timeZone: string;
  stage: 'announced' | 'draw' | 'open' | 'over';
  waiting: number;
}

function brief({ saleId, performanceIds, opensAtMs, timeZone, status }: Sale): SaleBrief {
  const state = status?.state ?? LineState.UNSPECIFIED;
  const stage =
    state === LineState.ANNOUNCED
      ? 'announced'
      : state === LineState.DRAW
        ? 'draw'
        : state === LineState.OVER
          ? 'over'
          : 'open';
  const waiting = Math.max(0, Number((status?.last ?? 0n) - (status?.serving ?? 0n)));
  return { saleId, performanceIds, opensAtMs: Number(opensAtMs), timeZone, stage, waiting };
}

/** By performance: each is in one sale at most. Empty where the server has no waiting room. */
export async function fetchSales(): Promise<Map<number, SaleBrief>> {
  try {
    const { sales } = await persist(() => waitroom.listSales({}, { timeoutMs: call_ms }));
    const briefs = sales.map(brief);
    return new Map(briefs.flatMap((one) => one.performanceIds.map((id) => [id, one] as const)));
  } catch {
    return new Map();
  }
}
