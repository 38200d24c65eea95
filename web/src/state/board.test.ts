import { expect, test } from 'vitest';
import { type Board, type BoardClaim, BoardClaimKind } from '../gen/usher/v1/monitor_operate_pb';
import { sampleOf, sumOfClaims } from './board';

const claim = (kind: BoardClaimKind, holds: boolean, sinceMs: number): BoardClaim => ({
  kind,
  holds,
  sinceMs: BigInt(sinceMs),
  performanceId: 1,
  saleId: 0,
  organiserId: 1,
  found: holds ? '' : 'place 3 is held, not free',
  checked: 5n,
  behind: 2n,
});

const board = (total: bigint, holds: bigint, buckets: bigint[]): Board => ({
  atMs: 1000n,
  performances: [],
  lines: [],
  claims: [],
  processes: [],
  calls: {
    total,
    holds,
    failures: 0n,
    limited: 0n,
    conflicts: 0n,
    orders: 0n,
    boundsUs: [50n],
    holdBuckets: buckets,
  },
});

test('a second is what was added, and nothing where the process is new', () => {
  const first = board(10n, 4n, [3n, 1n]);
  expect(sampleOf(null, first)).toMatchObject({ calls: 0, holds: 0, buckets: [] });
  expect(sampleOf(first, board(15n, 6n, [4n, 2n]))).toMatchObject({
    calls: 5,
    holds: 2,
    buckets: [1, 1],
  });
  expect(sampleOf(first, board(2n, 1n, [1n, 0n]))).toMatchObject({ calls: 0, buckets: [] });
});

test('a kind is false where one of it is, since the first', () => {
  const sums = sumOfClaims([
    claim(BoardClaimKind.LEDGER, true, 900),
    claim(BoardClaimKind.ONE_CLAIM, true, 100),
    claim(BoardClaimKind.ONE_CLAIM, false, 700),
    claim(BoardClaimKind.ONE_CLAIM, false, 500),
  ]);
  expect(sums.map(({ kind, holds, sinceMs }) => [kind, holds, sinceMs])).toEqual([
    [BoardClaimKind.ONE_CLAIM, false, 500],
    [BoardClaimKind.LEDGER, true, 900],
  ]);
  expect(sums[0]?.failed.length).toBe(2);
  expect(sums[0]?.behind).toBe(6);
});
