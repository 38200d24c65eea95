// Bytes and how they are written.

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** The 16 bytes of an id, which is written as 26 characters of Crockford's base 32. Null: it is none. */
export function bytesOfId(id: string): Uint8Array<ArrayBuffer> | null {
  if (id.length !== 26) return null;
  let value = 0n;
  for (const letter of id.toLowerCase()) {
    const digit = alphabet.indexOf(
      letter === 'i' || letter === 'l' ? '1' : letter === 'o' ? '0' : letter,
    );
    if (digit < 0) return null;
    value = (value << 5n) | BigInt(digit);
  }
  if (value >> 128n) return null;
  return fromHex(value.toString(16).padStart(32, '0'));
}
