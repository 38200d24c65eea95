// What stands in a ticket's code, and whether it is genuine: as the server reads it (docs/internals/tickets.md), so that a
// door works without a network.

import { verifyAsync } from '@noble/ed25519';

export interface CodeSaid {
  orderId: string;
  seat: number;
  generation: number;
  /** 0: the code does not say. */
  performanceId: number;
  /** Genuine for sure; "short" codes can be checked by the server alone. */
  sure: boolean;
  /** A rotating code of minutes ago: a picture of a screen. */
  late: boolean;
}

const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const id_bytes = 16;
const said_bytes = 1 + id_bytes + 4 + 4 + 2;
const late_s = 90;
const early_s = 60;
const step_s = 30;

/** The bytes of a text in Crockford's base 32; null: it is none, or carries bits beyond the last byte. */
export function fromBase32(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = [];
  let held = 0;
  let bits = 0;
  for (const letter of text) {
    const value = digits.indexOf(letter);
    if (value < 0) return null;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 255);
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? Uint8Array.from(bytes) : null;
}

/** An id as the API writes it: 26 digits, 130 bits of which the first two are none. */
export function idOf(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 2;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0x1fff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += digits[(held >> bits) & 31];
    }
  }
  return text.toLowerCase();
}

async function readSigned(text: string, publicKey: Uint8Array): Promise<CodeSaid | null> {
  const bytes = fromBase32(text);
  if (!bytes || bytes.length !== said_bytes + 64 || bytes[0] !== 1) return null;
  const said = bytes.subarray(0, said_bytes);
  const purpose = new TextEncoder().encode('usher ticket\0');
  const genuine = await verifyAsync(
    bytes.subarray(said_bytes),
    Uint8Array.from([...purpose, ...said]),
    publicKey,
  );
  if (!genuine) return null;
  const view = new DataView(bytes.buffer);
  return {
    orderId: idOf(bytes.subarray(1, 1 + id_bytes)),
    performanceId: view.getUint32(17),
    seat: view.getUint32(21),
    generation: view.getUint16(25),
    sure: true,
    late: false,
  };
}

/** The eight digits of a moment (RFC 6238: SHA-1, 30 s). */
export async function totp(key: Uint8Array<ArrayBuffer>, atS: number): Promise<string> {
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(atS / step_s)));
  const hmac = { name: 'HMAC', hash: 'SHA-1' };
  const imported = await crypto.subtle.importKey('raw', key, hmac, false, ['sign']);
  const mac = new DataView(await crypto.subtle.sign('HMAC', imported, counter));
  const at = mac.getUint8(19) & 15;
  return String((mac.getUint32(at) & 0x7fffffff) % 100_000_000).padStart(8, '0');
}

/** The code that a phone would show now: a door lets in by it who was found by name. */
export async function rotatingCode(
  { orderId, seat, generation }: Pick<CodeSaid, 'orderId' | 'seat' | 'generation'>,
  key: Uint8Array<ArrayBuffer>,
  nowMs: number,
): Promise<string> {
  const atS = Math.floor(nowMs / 1000);
  return `UR.${orderId.toUpperCase()}.${seat}.${generation}.${atS}.${await totp(key, atS)}`;
}

export type KeyOf = (
  orderId: string,
  seat: number,
) => { key: Uint8Array<ArrayBuffer>; generation: number } | undefined;

const rotating = /^UR\.([0-9A-Z]{26})\.(\d{1,10})\.(\d{1,5})\.(\d{1,11})\.(\d{8})$/;

async function readRotating(text: string, keyOf: KeyOf, nowMs: number): Promise<CodeSaid | null> {
  const match = rotating.exec(text);
  if (!match) return null;
  const [seat, generation, atS] = [Number(match[2]), Number(match[3]), Number(match[4])];
  const orderId = (match[1] ?? '').toLowerCase();
  const known = keyOf(orderId, seat);
  // The keys of earlier generations are not on the list: such a code is refused whatever it is.
  const mine = known?.generation === generation;
  if (known && mine && (await totp(known.key, atS)) !== match[5]) return null;
  const age = nowMs / 1000 - atS;
  return {
    orderId,
    seat,
    generation,
    performanceId: 0,
    sure: mine,
    late: age > late_s || age < -early_s,
  };
}

function readShort(text: string): CodeSaid | null {
  if (!/^[A-Za-z0-9_-]{48}$/.test(text)) return null;
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  const bytes = Uint8Array.from(plain, (unit) => unit.charCodeAt(0));
  return {
    orderId: idOf(bytes.subarray(0, id_bytes)),
    seat: new DataView(bytes.buffer).getUint32(id_bytes),
    generation: 0,
    performanceId: 0,
    sure: false,
    late: false,
  };
}

/** What a code says; null: it is none of ours. */
export async function readCode(
  text: string,
  publicKey: Uint8Array,
  keyOf: KeyOf,
  nowMs: number,
): Promise<CodeSaid | null> {
  if (text.startsWith('UR.')) return readRotating(text, keyOf, nowMs);
  return text.length === 48 ? readShort(text) : readSigned(text, publicKey);
}
