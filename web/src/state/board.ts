// What the operator's page knows: the last snapshot, and what came before it in this tab.

import { signal } from '@preact/signals';
import { Code, ConnectError } from '../api/connect';
import { installation, monitor } from '../api/operate';
import type { Board, BoardClaim, BoardClaimKind } from '../gen/usher/v1/monitor_operate_pb';
import type { Status } from '../gen/usher/v1/owner_operate_pb';

const every_ms = 1000;
const late_ms = 5000;
export const samples_max = 180; // three minutes

/** What a second brought. */
export interface Sample {
  atMs: number;
  held: number;
  sold: number;
  inside: number;
  waiting: number;
  calls: number;
  holds: number;
  conflicts: number;
  failures: number;
  buckets: number[];
}

const zero = { calls: 0, holds: 0, conflicts: 0, failures: 0 };

/** The difference that a snapshot makes to the one before. */
export function sampleOf(before: Board | null, now: Board): Sample {
  const sum = (of: (one: Board['performances'][number]) => number) =>
    now.performances.reduce((all, one) => all + of(one), 0);
  const lines = now.lines.map(({ status }) => status);
  // A process that was started anew counts from 0.
  const again = !before?.calls || !now.calls || now.calls.total < before.calls.total;
  const grown = (of: 'total' | 'holds' | 'conflicts' | 'failures') =>
    again ? 0 : Number((now.calls?.[of] ?? 0n) - (before?.calls?.[of] ?? 0n));
  return {
    atMs: Number(now.atMs),
    held: sum(({ counts }) => counts?.held ?? 0),
    sold: sum(({ counts }) => counts?.sold ?? 0),
    inside: lines.reduce((all, one) => all + (one?.inside ?? 0), 0),
    waiting: lines.reduce((all, one) => all + Number((one?.last ?? 0n) - (one?.serving ?? 0n)), 0),
    ...(again
      ? zero
      : {
          calls: grown('total'),
          holds: grown('holds'),
          conflicts: grown('conflicts'),
          failures: grown('failures'),
        }),
    buckets: again
      ? []
      : (now.calls?.holdBuckets ?? []).map((n, i) =>
          Number(n - (before?.calls?.holdBuckets[i] ?? 0n)),
        ),
  };
}

export interface ClaimSum {
  kind: BoardClaimKind;
  holds: boolean;
  sinceMs: number;
  behind: number;
  failed: BoardClaim[];
}

/** Claims of a kind as one: false where one is, since the first; else since all were first checked. */
export function sumOfClaims(claims: readonly BoardClaim[]): ClaimSum[] {
  const kinds = [...new Set(claims.map(({ kind }) => kind))].sort((a, b) => a - b);
  return kinds.map((kind) => {
    const all = claims.filter((one) => one.kind === kind);
    const failed = all.filter(({ holds }) => !holds);
    const of = failed.length > 0 ? failed : all;
    return {
      kind,
      holds: failed.length === 0,
      sinceMs: Math.min(...of.map(({ sinceMs }) => Number(sinceMs))),
      behind: all.reduce((sum, { behind }) => sum + Number(behind), 0),
      failed,
    };
  });
}

export type Trouble = 'none' | 'key' | 'late';

export class BoardWatch {
  readonly board = signal<Board | null>(null);
  readonly status = signal<Status | null>(null);
  readonly samples = signal<readonly Sample[]>([]);
  readonly trouble = signal<Trouble>('none');
  private timer: ReturnType<typeof setTimeout> | undefined;
  private live = false;
  private heard = 0;

  start(): void {
    this.live = true;
    this.heard = Date.now();
    void this.look();
  }

  stop(): void {
    this.live = false;
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    try {
      const now = await monitor.getBoard({}, { timeoutMs: 8000 });
      const before = this.board.peek();
      this.heard = Date.now();
      this.trouble.value = 'none';
      if (before?.atMs !== now.atMs) {
        this.samples.value = [...this.samples.peek(), sampleOf(before, now)].slice(-samples_max);
        this.board.value = now;
      }
      // Who lives and who owns what is the operator's alone.
      if (now.calls) this.status.value = await installation.getStatus({}, { timeoutMs: 8000 });
    } catch (cause) {
      const { code } = ConnectError.from(cause);
      if (code === Code.Unauthenticated || code === Code.PermissionDenied) {
        this.trouble.value = 'key';
        return;
      }
      if (Date.now() - this.heard > late_ms) this.trouble.value = 'late';
    }
    if (this.live) this.timer = setTimeout(() => void this.look(), every_ms);
  }
}
