import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from './bytes';
import { solve } from './work';

/** A task as a server makes it: it picks the counter and derives the key. */
async function taskOf(counter: number, cost = 3) {
  const nonce = '00112233445566778899aabbccddeeff';
  const salt = 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf';
  const password = Uint8Array.from([...fromHex(nonce), 0, 0, counter >> 8, counter & 255]);
  const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  const rule = { name: 'PBKDF2', hash: 'SHA-256', salt: fromHex(salt), iterations: cost };
  const bits = new Uint8Array(await crypto.subtle.deriveBits(rule, key, 256));
  const keyPrefix = toHex(bits.subarray(0, 16));
  return { algorithm: 'PBKDF2/SHA-256', nonce, salt, cost, keyLength: 32, keyPrefix };
}

describe('solve', () => {
  it('finds the counter that the server has picked', async () => {
    for (const counter of [0, 1, 5, 258]) expect(await solve(await taskOf(counter))).toBe(counter);
  });

  it('reads the prefix in either case', async () => {
    const task = await taskOf(9);
    expect(await solve({ ...task, keyPrefix: task.keyPrefix.toUpperCase() })).toBe(9);
  });

  it('fails where the algorithm is none', async () => {
    await expect(solve({ ...(await taskOf(1)), algorithm: 'X' })).rejects.toThrow();
  });
});
