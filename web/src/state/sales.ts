// The lines in front of what is on sale. Loaded apart: most shows have none.

import { call_ms } from '../api/client';
import { waitroom } from '../api/line';
import { LineState, type Sale } from '../gen/usher/v1/waitroom_pb';

export interface SaleBrief {
  opensAtMs: number;
  timeZone: string;
  stage: 'announced' | 'draw' | 'open' | 'over';
  waiting: number;
}

function brief({ opensAtMs, timeZone, status }: Sale): SaleBrief {
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
  return { opensAtMs: Number(opensAtMs), timeZone, stage, waiting };
}

export async function fetchSales(): Promise<Map<number, SaleBrief>> {
  const { sales } = await waitroom.listSales({}, { timeoutMs: call_ms });
  return new Map(sales.map((sale) => [sale.saleId, brief(sale)]));
}
