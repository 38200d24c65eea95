// A hold that outlives the page: kept in the browser until the server's clock passes its end.

import type { BrowserStorage } from '../api/identity';
import type { Hold } from '../gen/usher/v1/ticket_pb';

export interface KeptSeat {
  seat: number;
  label: string;
  category: number;
  amount: number;
  /** Whom it is for: the number of one of the hold's types. */
  type?: number;
}

/** Who may pay another price: as it was when the places were held. */
export interface KeptType {
  number: number;
  korean: string;
  english: string;
  proof: boolean;
  /** One a category, -1 where it is not to be had; of number 0 none. */
  amounts: number[];
}

export interface KeptHold {
  holdId: string;
  performanceId: number;
  seats: KeptSeat[];
  expiresAtMs: number;
  total: number;
  currency: string;
  currencyDigits: number;
  /** What the seats may be for; not there or empty: everybody pays the same. */
  types?: KeptType[];
  /** The number of the code that it has; 0: none. */
  code?: number;
  /** The key of the order this hold may become: one, however often it is tried. */
  orderKey: string;
}

export interface HeldLine extends KeptSeat {
  quantity: number;
}

/** What is held, a line a seat; the places of a standing area have one name, and so one line. */
export function linesOf(seats: readonly KeptSeat[]): HeldLine[] {
  const lines: HeldLine[] = [];
  for (const seat of seats) {
    const same = lines.find(
      ({ label, amount, type }) =>
        label === seat.label && amount === seat.amount && type === seat.type,
    );
    if (same) same.quantity++;
    else lines.push({ ...seat, quantity: 1 });
  }
  return lines;
}

/** A hold as it is kept. */
export function keptOf(hold: Hold, performanceId: number, orderKey: string): KeptHold {
  return {
    holdId: hold.holdId,
    performanceId,
    seats: hold.seats.map(({ seat, label, category, amount, priceType }) => ({
      seat,
      label,
      category,
      amount: Number(amount),
      type: priceType,
    })),
    expiresAtMs: Number(hold.expiresAtMs),
    total: Number(hold.total),
    currency: hold.currency,
    currencyDigits: hold.currencyDigits,
    types: hold.priceTypes.map(({ number, korean, english, proof, amounts }) => ({
      number,
      korean,
      english,
      proof,
      amounts: amounts.map(Number),
    })),
    code: hold.code,
    orderKey,
  };
}

const keyOf = (performanceId: number) => `usher.hold.${performanceId}`;

export function keepHold(storage: BrowserStorage, hold: KeptHold): void {
  storage.setItem(keyOf(hold.performanceId), JSON.stringify(hold));
}

export function dropHold(storage: BrowserStorage, performanceId: number): void {
  storage.removeItem(keyOf(performanceId));
}

/** The hold kept for a performance, or null; one that is over or unreadable is thrown away. */
export function keptHold(
  storage: BrowserStorage,
  performanceId: number,
  nowMs: number,
): KeptHold | null {
  const text = storage.getItem(keyOf(performanceId));
  if (!text) return null;
  const hold = read(text);
  if (hold && hold.performanceId === performanceId && hold.expiresAtMs > nowMs) return hold;
  if (hold) endHold(storage, hold);
  else dropHold(storage, performanceId);
  return null;
}

const endedKeyOf = (performanceId: number) => `usher.ended.${performanceId}`;
const ended_ms = 30 * 60_000;

/** A hold whose time is up: its seats are remembered for a while, so that they can be tried again. */
export function endHold(
  storage: BrowserStorage,
  { performanceId, seats, expiresAtMs }: KeptHold,
): void {
  dropHold(storage, performanceId);
  const ended = { seats: seats.map(({ seat }) => seat), expiresAtMs };
  storage.setItem(endedKeyOf(performanceId), JSON.stringify(ended));
}

/** The seats of the hold that ended last, told once; empty: none did lately. */
export function takeEnded(storage: BrowserStorage, performanceId: number, nowMs: number): number[] {
  const text = storage.getItem(endedKeyOf(performanceId));
  storage.removeItem(endedKeyOf(performanceId));
  try {
    const ended = JSON.parse(text ?? 'null') as { seats: number[]; expiresAtMs: number } | null;
    const fresh = ended && Math.abs(nowMs - ended.expiresAtMs) < ended_ms;
    return fresh ? ended.seats.filter(Number.isInteger) : [];
  } catch {
    return [];
  }
}

function read(text: string): KeptHold | null {
  try {
    const hold = JSON.parse(text) as KeptHold;
    const whole =
      typeof hold.holdId === 'string' &&
      typeof hold.orderKey === 'string' &&
      typeof hold.expiresAtMs === 'number' &&
      typeof hold.currencyDigits === 'number' &&
      Array.isArray(hold.seats);
    return whole ? hold : null;
  } catch {
    return null;
  }
}

export function isHoldKey(key: string | null, performanceId: number): boolean {
  return key === keyOf(performanceId);
}

/** Every hold kept in this browser, the one that ends next first. */
export function keptHolds(storage: BrowserStorage, nowMs: number): KeptHold[] {
  return Object.keys(storage)
    .map((key) => Number(/^usher\.hold\.(\d+)$/.exec(key)?.[1] ?? 0))
    .map((id) => (id ? keptHold(storage, id, nowMs) : null))
    .filter((hold) => hold !== null)
    .sort((a, b) => a.expiresAtMs - b.expiresAtMs);
}

/** Whether seats of any performance are held in this browser. */
export const holdsAnything = (storage: BrowserStorage, nowMs: number): boolean =>
  keptHolds(storage, nowMs).length > 0;
