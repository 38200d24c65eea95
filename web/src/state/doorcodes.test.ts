import { describe, expect, it } from 'vitest';
import { fromBase32, idOf, readCode, rotatingCode, totp } from './doorcodes';

const ascii = (text: string) => new TextEncoder().encode(text);

describe('codes at a door without a network', () => {
  it('reads base 32 and ids as the server writes them', () => {
    expect(fromBase32('00')).toEqual(Uint8Array.of(0));
    expect(fromBase32('ZW')).toEqual(Uint8Array.of(255));
    expect(fromBase32('ZZ')).toBeNull();
    expect(fromBase32('u0')).toBeNull();
    expect(idOf(new Uint8Array(16).fill(255))).toBe('7zzzzzzzzzzzzzzzzzzzzzzzzz');
    expect(idOf(Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 33 : 0)))).toBe(
      '00000000000000000000000011',
    );
  });

  it('makes the digits of RFC 6238, appendix B', async () => {
    const key = ascii('12345678901234567890');
    expect(await totp(key, 59)).toBe('94287082');
    expect(await totp(key, 1111111109)).toBe('07081804');
    expect(await totp(key, 20000000000)).toBe('65353130');
  });

  it('knows a turning code by its key, and how old it is', async () => {
    const ticket = { orderId: '0123456789abcdefghjkmnpqrs', seat: 7, generation: 2 };
    const key = ascii('12345678901234567890');
    const now = 1_700_000_000_000;
    const code = await rotatingCode(ticket, key, now);
    const keyOf = () => ({ key, generation: 2 });
    const none = new Uint8Array(32);
    expect(await readCode(code, none, keyOf, now)).toMatchObject({
      ...ticket,
      sure: true,
      late: false,
    });
    expect(await readCode(code, none, keyOf, now + 91_000)).toMatchObject({ late: true });
    expect(await readCode(code, none, keyOf, now - 61_000)).toMatchObject({ late: true });
    const forged = code.slice(0, -1) + (code.endsWith('0') ? '1' : '0');
    expect(await readCode(forged, none, keyOf, now)).toBeNull();
    // Of an earlier generation: not checked, and not sure.
    const older = await readCode(code, none, () => ({ key, generation: 3 }), now);
    expect(older).toMatchObject({ generation: 2, sure: false });
  });

  it('takes nothing else for a code', async () => {
    for (const text of ['', 'UR.', 'hello', 'A'.repeat(146), 'https://example.org/']) {
      expect(await readCode(text, new Uint8Array(32), () => undefined, 0)).toBeNull();
    }
  });
});
