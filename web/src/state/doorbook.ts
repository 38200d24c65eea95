// A door's device: it asks the server about each code; without a network it decides by its list, and uploads later.

import { signal } from '@preact/signals';
import { call_ms, identity, signIn } from '../api/client';
import { serverClock } from '../api/clock';
import { door } from '../api/door';
import { type Failure, failureOf } from '../api/failure';
import { newKey } from '../api/key';
import { persist, refusalOf } from '../api/retry';
import { decode, encode } from '../api/wire';
import {
  CheckInResult,
  Direction,
  type DoorCounts,
  type DoorList,
  DoorListSchema,
  type DoorTicket,
  type DoubleEntry,
  type Scan,
  ScanSchema,
  type VoidEntry,
} from '../gen/usher/v1/door_pb';
import type { PriceType } from '../gen/usher/v1/ledger_pb';
import { readCode, rotatingCode } from './doorcodes';
import { storage } from './storage';

const patience_ms = 2_500; // people wait: then the list decides
const sync_ms = 5_000;
const list_ms = 60_000;
const queue_max = 5_000;
const upload_max = 200;
const cache_name = 'usher-door';

/** From when until when people are let in, in Unix ms; 0: no limit. */
export interface EntryTimes {
  fromMs: number;
  untilMs: number;
}

/** What a scan came to, as it is shown. */
export interface Verdict {
  result: CheckInResult;
  direction: Direction;
  label: string;
  name: string;
  orderNumber: string;
  category: string;
  priceType: PriceType | undefined;
  firstAtMs: number; // ALREADY_REDEEMED: since when, and where
  firstGate: string;
  blockReason: string; // BLOCKED
  owes: boolean; // nobody has paid it yet
  times: EntryTimes; // INVALID_TIME
  /** The list decided, without the server. */
  offline: boolean;
  /** Nobody could tell: a short code, without the server. */
  unsure: boolean;
}

const seatKey = (orderId: string, seat: number) => `${orderId} ${seat}`;

export class DoorBook {
  readonly ready = signal(false);
  readonly lost = signal<Failure | null>(null);
  readonly offline = signal(false);
  readonly busy = signal(false);
  readonly waiting = signal(0); // scans that are not uploaded yet
  readonly counts = signal<DoorCounts | null>(null);
  readonly doubles = signal<DoubleEntry[]>([]);
  readonly voids = signal<VoidEntry[]>([]);
  readonly verdict = signal<Verdict | null>(null);
  readonly tickets = signal<readonly DoorTicket[]>([]);
  readonly listAtMs = signal(0);
  readonly gate = signal(storage.getItem('usher.gate') ?? '');
  #publicKey: Uint8Array = new Uint8Array(32);
  #times: EntryTimes = { fromMs: 0, untilMs: 0 };
  #bySeat = new Map<string, DoorTicket>();
  #closed = new AbortController();
  #listed = 0;

  constructor(readonly performanceId: number) {}

  start(): void {
    this.waiting.value = this.#queue().length;
    void this.#open();
    const timer = setInterval(() => void this.sync(), sync_ms);
    this.#closed.signal.addEventListener('abort', () => clearInterval(timer));
    addEventListener('online', () => void this.sync(), { signal: this.#closed.signal });
  }

  stop(): void {
    this.#closed.abort();
  }

  setGate(name: string): void {
    this.gate.value = name;
    storage.setItem('usher.gate', name);
  }

  /** This device's name, made once: it tells scans of two devices at one gate apart. */
  get device(): string {
    const kept = storage.getItem('usher.device');
    if (kept) return kept;
    const made = `${signIn.who.value?.name || 'door'} ${newKey().slice(0, 4)}`;
    storage.setItem('usher.device', made);
    return made;
  }

  async #open(): Promise<void> {
    try {
      await this.#fetchList();
      this.lost.value = null;
    } catch (cause) {
      const why = refusalOf(cause);
      const kept = why.reason === 'OFFLINE' ? await this.#keptList() : null;
      if (!kept) {
        this.lost.value = why;
        return;
      }
      this.offline.value = true;
      this.#take(kept);
    }
    this.ready.value = true;
    await this.sync();
  }

  load(): void {
    this.lost.value = null;
    void this.#open();
  }

  // ---- the list ----

  async #fetchList(): Promise<void> {
    const { performanceId } = this;
    let whole: DoorList | null = null;
    for (let pageToken = ''; ; ) {
      const request = { performanceId, pageToken };
      const page = await persist(() => door.getDoorList(request, { timeoutMs: call_ms }));
      if (whole) whole.tickets.push(...page.tickets);
      else whole = page;
      pageToken = page.nextPageToken;
      if (!pageToken) break;
    }
    this.#listed = serverClock.now();
    this.#take(whole);
    try {
      const cache = await caches.open(cache_name);
      await cache.put(`/door-list/${performanceId}`, new Response(encode(DoorListSchema, whole)));
    } catch {
      // Not kept: this device then needs the network to begin.
    }
  }

  async #keptList(): Promise<DoorList | null> {
    try {
      const kept = await caches.match(`/door-list/${this.performanceId}`);
      return kept ? decode(DoorListSchema, new Uint8Array(await kept.arrayBuffer())) : null;
    } catch {
      return null;
    }
  }

  #take(list: DoorList): void {
    this.#publicKey = list.publicKey;
    this.#times = { fromMs: Number(list.entersAtMs), untilMs: Number(list.entersUntilMs) };
    this.#bySeat = new Map(list.tickets.map((one) => [seatKey(one.orderId, one.seat), one]));
    // What this device let in, and nobody has been told yet, is inside for it all the same.
    for (const scan of this.#queue()) void this.#replay(scan);
    this.tickets.value = [...this.#bySeat.values()];
    this.listAtMs.value = Number(list.madeAtMs);
  }

  async #replay(scan: Scan): Promise<void> {
    if (scan.answered !== CheckInResult.OK) return;
    const said = await this.#read(scan.code, Number(scan.atMs));
    const ticket = said && this.#bySeat.get(seatKey(said.orderId, said.seat));
    if (ticket) ticket.inside = scan.direction !== Direction.OUT;
  }

  #read(code: string, nowMs: number) {
    const keyOf = (orderId: string, seat: number) => {
      const ticket = this.#bySeat.get(seatKey(orderId, seat));
      return ticket && { key: Uint8Array.from(ticket.rotationKey), generation: ticket.generation };
    };
    return readCode(code, this.#publicKey, keyOf, nowMs);
  }

  // ---- a scan ----

  async check(code: string, direction: Direction): Promise<void> {
    if (this.busy.value) return;
    this.busy.value = true;
    const nonce = newKey();
    try {
      this.verdict.value = this.offline.value
        ? await this.#decide(code, nonce, direction)
        : await this.#ask(code, nonce, direction);
    } catch (cause) {
      // Whether the server had it or not: the nonce is the same, so it counts once.
      const { reason } = failureOf(cause);
      if (reason !== 'OFFLINE' && reason !== 'OWNER_UNAVAILABLE' && reason !== 'BUSY') {
        this.lost.value = failureOf(cause);
      } else {
        this.offline.value = true;
        this.verdict.value = await this.#decide(code, nonce, direction);
      }
    }
    this.busy.value = false;
  }

  /** Somebody who was found by name: as if the code of now had been shown. */
  async admit(ticket: DoorTicket, direction: Direction): Promise<void> {
    const key = Uint8Array.from(ticket.rotationKey);
    await this.check(await rotatingCode(ticket, key, serverClock.now()), direction);
  }

  async #ask(code: string, nonce: string, direction: Direction): Promise<Verdict> {
    const { performanceId } = this;
    const request = { code, performanceId, nonce, gate: this.gate.value, direction, force: false };
    const answer = await door.checkIn(request, { timeoutMs: patience_ms });
    const ticket = this.#bySeat.get(seatKey(answer.orderId, answer.seat));
    if (ticket && answer.result === CheckInResult.OK) this.#move(ticket, direction);
    return {
      result: answer.result,
      direction,
      label: answer.label,
      name: answer.name,
      orderNumber: answer.orderNumber,
      category: ticket?.categoryName ?? '',
      priceType: answer.priceType,
      firstAtMs: Number(answer.firstInAtMs),
      firstGate: answer.firstGate,
      blockReason: answer.blockReason,
      owes: answer.owes,
      times: { fromMs: Number(answer.entersAtMs), untilMs: Number(answer.entersUntilMs) },
      offline: false,
      unsure: false,
    };
  }

  #move(ticket: DoorTicket, direction: Direction): void {
    ticket.inside = direction !== Direction.OUT;
    this.tickets.value = [...this.tickets.value];
  }

  async #decide(code: string, nonce: string, direction: Direction): Promise<Verdict> {
    const atMs = serverClock.now();
    const said = await this.#read(code, atMs);
    const ticket = said ? this.#bySeat.get(seatKey(said.orderId, said.seat)) : undefined;
    const result = verdictOf(said, ticket, this.performanceId, direction, this.#times, atMs);
    const unsure = said !== null && !said.sure && result === CheckInResult.OK;
    if (!unsure) {
      const { gate, device } = { gate: this.gate.value, device: this.device };
      this.#enqueue({ code, nonce, gate, device, direction, atMs: BigInt(atMs), answered: result });
      if (ticket && result === CheckInResult.OK) this.#move(ticket, direction);
    }
    return {
      result,
      direction,
      label: ticket?.label ?? '',
      name: ticket?.name ?? '',
      orderNumber: ticket?.orderNumber ?? '',
      category: ticket?.categoryName ?? '',
      priceType: ticket?.priceType,
      firstAtMs: 0,
      firstGate: '',
      blockReason: ticket?.blockReason ?? '',
      owes: ticket?.owes ?? false,
      times: this.#times,
      offline: true,
      unsure,
    };
  }

  // ---- scans that wait for the network ----

  get #queueKey(): string {
    return `usher.scans.${this.performanceId}`;
  }

  #queue(): Scan[] {
    try {
      const texts = JSON.parse(storage.getItem(this.#queueKey) ?? '[]') as string[];
      return texts.map((text) =>
        decode(
          ScanSchema,
          Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0)),
        ),
      );
    } catch {
      return [];
    }
  }

  #keepQueue(scans: readonly Scan[]): void {
    const texts = scans.map((scan) => btoa(String.fromCharCode(...encode(ScanSchema, scan))));
    storage.setItem(this.#queueKey, JSON.stringify(texts));
    this.waiting.value = scans.length;
  }

  #enqueue(scan: Scan): void {
    this.#keepQueue([...this.#queue(), scan].slice(-queue_max));
  }

  /** Uploads what waits, and learns how it stands; quiet where there is no network. */
  async sync(): Promise<void> {
    if (!this.ready.value || document.visibilityState !== 'visible' || !identity.known) return;
    const { performanceId } = this;
    const options = { timeoutMs: call_ms };
    try {
      for (let scans = this.#queue(); scans.length > 0; scans = this.#queue()) {
        const some = scans.slice(0, upload_max);
        await door.uploadScans({ performanceId, scans: some }, options);
        const sent = new Set(some.map(({ nonce }) => nonce));
        this.#keepQueue(this.#queue().filter(({ nonce }) => !sent.has(nonce)));
      }
      this.counts.value = await door.getDoorCounts({ performanceId }, options);
      const wrong = await door.listDoubleEntries({ performanceId }, options);
      this.doubles.value = wrong.entries;
      this.voids.value = wrong.voids;
      const was = this.offline.value;
      this.offline.value = false;
      if (was || serverClock.now() - this.#listed > list_ms) await this.#fetchList();
    } catch (cause) {
      if (refusalOf(cause).reason === 'OFFLINE') this.offline.value = true;
    }
  }
}

/** By the list alone, as the server judges. */
export function verdictOf(
  said: Awaited<ReturnType<typeof readCode>>,
  ticket: Pick<DoorTicket, 'generation' | 'inside' | 'refused'> | undefined,
  performanceId: number,
  direction: Direction,
  times: EntryTimes,
  atMs: number,
): CheckInResult {
  if (!said) return CheckInResult.INVALID;
  if (said.performanceId !== 0 && said.performanceId !== performanceId)
    return CheckInResult.WRONG_PERFORMANCE;
  if (!ticket) return CheckInResult.CANCELED;
  if (ticket.generation > said.generation) return CheckInResult.REVOKED;
  if (ticket.generation < said.generation) return CheckInResult.INVALID;
  if (said.late) return CheckInResult.EXPIRED;
  const out = direction === Direction.OUT;
  if (!out && ticket.refused !== CheckInResult.UNSPECIFIED) return ticket.refused;
  if (!out && (atMs < times.fromMs || (times.untilMs > 0 && atMs >= times.untilMs)))
    return CheckInResult.INVALID_TIME;
  if (out && !ticket.inside) return CheckInResult.NOT_INSIDE;
  if (!out && ticket.inside) return CheckInResult.ALREADY_REDEEMED;
  return CheckInResult.OK;
}

/** Tickets of whom every word of the search is in the name, seat or order number. */
export function searchTickets(
  tickets: readonly DoorTicket[],
  wish: string,
  max = 20,
): DoorTicket[] {
  const plain = (text: string) => text.normalize('NFC').toLowerCase();
  const wanted = plain(wish).split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  const found = [];
  for (const ticket of tickets) {
    const text = plain(`${ticket.name} ${ticket.label} ${ticket.orderNumber}`);
    if (wanted.every((word) => text.includes(word)) && found.push(ticket) >= max) break;
  }
  return found;
}
