import { describe, expect, it } from 'vitest';
import { ErrorDetailSchema } from '../gen/usher/v1/error_pb';
import { Code, ConnectError } from './connect';
import { failureOf } from './failure';
import { backoffMs, persist, Refused, tries_max } from './retry';
import { encode } from './wire';

const refuse = (code: Code, reason: string, retryAfterMs = 0n, seats: number[] = []) =>
  new ConnectError('no', code, [
    {
      type: 'usher.v1.ErrorDetail',
      value: btoa(
        String.fromCharCode(
          ...encode(ErrorDetailSchema, { reason, retryAfterMs, seats, nearest: seats }),
        ),
      ),
    },
  ]);

describe('failureOf', () => {
  it('reads the detail', () => {
    const why = failureOf(refuse(Code.Aborted, 'SEATS_TAKEN', 0n, [4, 5]));
    expect(why).toEqual({ reason: 'SEATS_TAKEN', seats: [4, 5], nearest: [4, 5], retryAfterMs: 0 });
  });

  it('knows the network from a server in front of ours', () => {
    const lost = ConnectError.from(new TypeError('Failed to fetch'));
    expect(failureOf(lost).reason).toBe('OFFLINE');
    expect(failureOf(new ConnectError('', Code.Unavailable)).reason).toBe('OWNER_UNAVAILABLE');
    expect(failureOf(new ConnectError('', Code.ResourceExhausted)).reason).toBe('BUSY');
    expect(failureOf(refuse(Code.Unavailable, 'STORE_UNAVAILABLE')).reason).toBe(
      'OWNER_UNAVAILABLE',
    );
    expect(failureOf(new Error('?')).reason).toBe('UNKNOWN');
  });
});

describe('backoffMs', () => {
  it('doubles up to its cap, between half and whole', () => {
    expect(backoffMs(0, 5_000, () => 1)).toBe(300);
    expect(backoffMs(1, 5_000, () => 1)).toBe(600);
    expect(backoffMs(1, 5_000, () => 0)).toBe(300);
    expect(backoffMs(500, 5_000, () => 1)).toBe(5_000);
  });
});

describe('persist', () => {
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);

  it('tries again with the same key, and gives the answer', async () => {
    const keys: string[] = [];
    const key = 'one';
    const answer = await persist(async () => {
      keys.push(key);
      if (keys.length < tries_max) throw ConnectError.from(new TypeError('Failed to fetch'));
      return 'held';
    }, wait);
    expect(answer).toBe('held');
    expect(keys).toEqual(['one', 'one', 'one']);
  });

  it('is bounded', async () => {
    let calls = 0;
    const call = async () => {
      calls++;
      throw refuse(Code.Unavailable, 'OWNER_UNAVAILABLE');
    };
    await expect(persist(call, wait)).rejects.toBeInstanceOf(Refused);
    expect(calls).toBe(tries_max);
  });

  it('takes a no for a no', async () => {
    let calls = 0;
    const call = async () => {
      calls++;
      throw refuse(Code.Aborted, 'SEATS_TAKEN');
    };
    await expect(persist(call, wait)).rejects.toMatchObject({ failure: { reason: 'SEATS_TAKEN' } });
    expect(calls).toBe(1);
  });

  it('waits as long as the server asks, within reason', async () => {
    waits.length = 0;
    let calls = 0;
    await persist(async () => {
      if (calls++ === 0) throw refuse(Code.Unavailable, 'OWNER_UNAVAILABLE', 2_000n);
      if (calls === 2) throw refuse(Code.Unavailable, 'OWNER_UNAVAILABLE', 3_600_000n);
      return 0;
    }, wait);
    expect(waits).toEqual([2_000, 5_000]);
  });
});
