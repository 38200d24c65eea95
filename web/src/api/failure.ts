// Why a call failed, in the words the pages know.

import { ErrorDetailSchema } from '../gen/usher/v1/error_pb';
import { Code, ConnectError } from './connect';

const reasons = [
  'SEATS_TAKEN',
  'NO_ADJACENT_SEATS',
  'ALL_HELD',
  'SOLD_OUT',
  'LIMIT_REACHED',
  'HOLD_TOO_EARLY',
  'SALE_NOT_OPEN',
  'PERFORMANCE_BEGUN',
  'HOLD_EXPIRED',
  'HOLD_NOT_FOUND',
  'ALREADY_CANCELLED',
  'KEY_REUSED',
  'OWNER_UNAVAILABLE',
  'PASS_REQUIRED',
  'PASS_INVALID',
  'PASS_OVER',
  'LINE_NOT_OPEN',
  'NOT_IN_LINE',
  'NOT_YET_SERVED',
  'TURN_OVER',
  'GUESTS_NOT_ADMITTED',
  'NOT_YOUR_RECEIPT',
  'WORK_REQUIRED',
  'BARRED',
  'PERSON_NEEDED',
  'PERSON_REFUSED',
  'PERSON_OTHER',
  'PERSON_HAS_PLACE',
  'PAYMENT_MISMATCH',
  'REFUND_CHANGED',
  'AMOUNT_CHANGED',
  'PRICE_TYPE',
  'CODE_UNKNOWN',
  'CODE_USED',
  'CODE_NEEDED',
  'HOLD_IN_PAYMENT',
  'SEAT_LEFT_ALONE',
  'CATEGORY_LIMIT_REACHED',
  'TOO_LATE',
  'TICKET_USED',
  'LOGIN_FAILED',
  'SECOND_FACTOR_NEEDED',
  'SESSION_ENDED',
  'PASSWORD_REFUSED',
  'CODE_REFUSED',
  'ADDRESS_TAKEN',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_REFUSED',
  'PROVIDER_TAKEN',
  'SIGN_IN_AGAIN',
  'BAD_ARGUMENT',
  'NOT_FOUND',
] as const;

export type Reason = (typeof reasons)[number] | 'OFFLINE' | 'BUSY' | 'NOT_ALLOWED' | 'UNKNOWN';

export interface Failure {
  reason: Reason;
  seats: number[];
  nearest: number[];
  retryAfterMs: number;
}

export function failure(reason: Reason): Failure {
  return { reason, seats: [], nearest: [], retryAfterMs: 0 };
}

export function failureOf(cause: unknown): Failure {
  const error = ConnectError.from(cause);
  const detail = error.find(ErrorDetailSchema);
  const reason = reasons.find((word) => word === detail?.reason) ?? reasonOfCode(error);
  return {
    reason,
    seats: detail?.seats ?? [],
    nearest: detail?.nearest ?? [],
    retryAfterMs: Number(detail?.retryAfterMs ?? 0n),
  };
}

// A server in front of ours (a proxy, a CDN) fails without a detail.
function reasonOfCode(error: ConnectError): Reason {
  if (error.cause instanceof TypeError) return 'OFFLINE'; // fetch could not reach anybody
  switch (error.code) {
    case Code.Unavailable:
    case Code.DeadlineExceeded:
      return 'OWNER_UNAVAILABLE';
    case Code.ResourceExhausted:
      return 'BUSY';
    case Code.NotFound:
      return 'NOT_FOUND';
    case Code.PermissionDenied:
      return 'NOT_ALLOWED';
    case Code.InvalidArgument:
      return 'BAD_ARGUMENT';
    default:
      return 'UNKNOWN';
  }
}

/** Whether the same call, with the same key, may still succeed. */
export function mayRetry(reason: Reason): boolean {
  return reason === 'OFFLINE' || reason === 'OWNER_UNAVAILABLE' || reason === 'BUSY';
}
