import { describe, expect, it } from 'vitest';
import { bytesOfId, fromHex, toHex } from './bytes';
import { checkDraw, drawKey, inTree } from './draw';

const sha = async (...parts: Uint8Array[]) =>
  new Uint8Array(
    await crypto.subtle.digest('SHA-256', Uint8Array.from(parts.flatMap((part) => [...part]))),
  );

const id = (n: number) => `0000000000000000000000000${'0123456789abcdefghjkmnpqrstvwxyz'[n]}`;

/** A draw as the server makes it, the slow and plain way. */
async function draw(count: number) {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1);
  const ranked: { account: string; key: Uint8Array }[] = [];
  for (let n = 0; n < count; n++) {
    const key = await drawKey(secret, id(n));
    if (key) ranked.push({ account: id(n), key });
  }
  ranked.sort((a, b) => (toHex(a.key) < toHex(b.key) ? -1 : 1));
  const levels = [await Promise.all(ranked.map(({ key }) => sha(Uint8Array.of(0), key)))];
  for (let level = levels[0] ?? []; level.length > 1; ) {
    const above: Uint8Array<ArrayBuffer>[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]];
      if (left && right) above.push(await sha(Uint8Array.of(1), left, right));
      else if (left) above.push(left);
    }
    levels.push(above);
    level = above;
  }
  const facts = (index: number) => ({
    commitment,
    secret,
    root: levels.at(-1)?.[0] ?? new Uint8Array(),
    entrants: count,
    leafIndex: index,
    proof: levels
      .slice(0, -1)
      .map((level, depth) => level[(index >> depth) ^ 1])
      .filter((hash) => hash !== undefined),
  });
  const commitment = await sha(secret);
  return { ranked, facts };
}

describe('bytesOfId', () => {
  it('reads what the server writes', () => {
    expect(toHex(bytesOfId('7zzzzzzzzzzzzzzzzzzzzzzzzz') ?? new Uint8Array())).toBe('f'.repeat(32));
    expect(bytesOfId('0000000000000000000000000O')).toEqual(new Uint8Array(16));
    expect(bytesOfId('8zzzzzzzzzzzzzzzzzzzzzzzzz')).toBeNull();
    expect(bytesOfId('short')).toBeNull();
    expect(bytesOfId('u'.repeat(26))).toBeNull();
  });
});

describe('drawKey', () => {
  it('is HMAC-SHA256 as RFC 4231 has it', async () => {
    // Not one of its vectors, whose data are no ids: made by openssl with the key 0b × 20 and 16 zero bytes.
    const key = await drawKey(fromHex('0b'.repeat(20)), '0'.repeat(26));
    expect(toHex(key ?? new Uint8Array())).toBe(
      '6e2bc52660c022926a456115657711f23fc5cc1ff7b13c6d7439f3beadd2454d',
    );
  });
});

describe('checkDraw', () => {
  it('finds every number of draws of every size', async () => {
    for (let count = 1; count <= 9; count++) {
      const { ranked, facts } = await draw(count);
      for (const [index, { account }] of ranked.entries()) {
        const checks = await checkDraw(facts(index), account, index + 1);
        expect(checks.map(({ holds }) => holds)).toEqual([true, true, true, true]);
      }
    }
  });

  it('notices a secret that was not the one promised, another account, another number, a changed path', async () => {
    const { ranked, facts } = await draw(7);
    const account = ranked[3]?.account ?? '';
    const last = async (changed: object, who = account, number = 4) =>
      (await checkDraw({ ...facts(3), ...changed }, who, number)).at(-1);
    expect(await last({ secret: new Uint8Array(32) })).toEqual({
      step: 'commitment',
      holds: false,
    });
    expect(await last({}, ranked[2]?.account)).toEqual({ step: 'path', holds: false });
    expect(await last({}, 'nobody')).toEqual({ step: 'key', holds: false });
    expect(await last({}, account, 5)).toEqual({ step: 'number', holds: false });
    expect(await last({ proof: facts(3).proof.slice(1) })).toEqual({ step: 'path', holds: false });
    expect(await last({ proof: [...facts(3).proof, new Uint8Array(32)] })).toEqual({
      step: 'path',
      holds: false,
    });
    expect(await last({ entrants: 3 })).toEqual({ step: 'path', holds: false });
    expect(await inTree(new Uint8Array(32), 0, 0, [], new Uint8Array(32))).toBe(false);
  });
});
