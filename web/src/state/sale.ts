// One performance on this page: what the hall looks like, what is free, what we chose, hold, and how it went.

import { batch, computed, signal } from '@preact/signals';
import { call_ms, passes, tickets } from '../api/client';
import { serverClock } from '../api/clock';
import { type Failure, failure, failureOf } from '../api/failure';
import { newKey } from '../api/key';
import type { KeptPass } from '../api/passes';
import { persist, refusalOf, sleep } from '../api/retry';
import { type Link, watchSeats } from '../api/watch';
import {
  type Hold,
  type Performance,
  SaleState,
  type SeatsUpdate,
} from '../gen/usher/v1/ticket_pb';
import { type Plan, type PlanSection, readPlan } from '../map/plan';
import { loadSales } from './catalog';
import { type Choice, empty, placesOf, toggled, withArea, without } from './choice';
import { hasBegun } from './dates';
import { dropHold, isHoldKey, type KeptHold, keepHold, keptHold, keptOf, takeEnded } from './kept';
import { type Change, FREE, SeatStates, toldCounts } from './seats';
import { storage } from './storage';

export const party_max = 8;
const clock_ms = 1000;
const price_tries_max = 5;
const price_wait_ms = 1100; // a cache on the way may be so old
const other_price = 4; // a seat of another price counts as twice as far

export type Busy = 'hold' | 'best' | 'release' | null;

export interface BestWish {
  party: number;
  category: number | null;
  wheelchairs?: number; // of the party
  restrictedView?: boolean; // seats with one are good, too
}

export class Sale {
  readonly performance = signal<Performance | null>(null);
  readonly plan = signal<Plan | null>(null);
  readonly lost = signal<Failure | null>(null); // the page could not be shown
  readonly link = signal<Link>('connecting');
  readonly version = signal(-1n);
  readonly counts = signal({ free: 0, held: 0, sold: 0 });
  readonly saleState = signal(SaleState.UNSPECIFIED);
  readonly freeByCategory = signal<number[]>([]);
  readonly freeByArea = signal<ReadonlyMap<number, number>>(new Map());
  /** Places that others hold: where none is free, it is not sold out yet. */
  readonly heldByCategory = signal<number[]>([]);
  readonly heldByArea = signal<ReadonlyMap<number, number>>(new Map());

  readonly choice = signal<Choice>(empty);
  readonly hold = signal<KeptHold | null>(null);
  /** What was typed as a code, for the next hold. */
  readonly code = signal('');
  readonly busy = signal<Busy>(null);
  readonly failure = signal<Failure | null>(null);
  /** The one category that the map shows plainly, others faded; null: all. */
  readonly only = signal<number | null>(null);
  /** The map shows places for wheelchairs and those beside them plainly, others faded. */
  readonly accessible = signal(false);
  /** The map leaves out what cannot be had. */
  readonly bare = signal(false);
  /** The booking fee of a ticket that is paid for online, of the price of its category; null: not known, or none. */
  readonly feeOf = signal<((amount: bigint) => string) | null>(null);
  readonly wish = signal<BestWish>({ party: 2, category: null });
  /** Prices have changed while the page was open, and nothing was held since. */
  readonly repriced = signal(false);
  /** The number of what the organiser has to say just now; 0: nothing. */
  readonly notice = signal(0n);
  /** The seats of a hold that has ended: they may be tried again. */
  readonly ended = signal<number[]>([]);
  /** Seats that were chosen and then taken by someone else, to be told. */
  readonly overtaken = signal<number[]>([]);
  /** What is free and nearest to them. */
  readonly instead = signal<number[]>([]);

  /** Bytes of the map that are here, while it is on its way. */
  readonly received = signal(0);

  readonly limit = computed(() =>
    Math.min(party_max, this.performance.value?.placesMax || party_max),
  );
  readonly chosen = computed(() => placesOf(this.choice.value));
  readonly open = computed(() => this.saleState.value === SaleState.OPEN);
  /** A rule of the sale is against what is chosen. */
  readonly ruled = signal(false);
  /** The performance has started: nothing is sold any more. */
  readonly begun = signal(false);
  readonly soldOut = computed(() => this.counts.value.free === 0);
  /** The pass of the waiting room, where this performance is sold through one. */
  readonly pass = signal<KeptPass | null>(null);
  /** The line in front of it; 0: there is none. */
  readonly saleId = signal(0);
  readonly needsPass = computed(() => this.saleId.value !== 0 && this.pass.value === null);
  readonly buyable = computed(
    () => this.open.value && !this.soldOut.value && !this.begun.value && !this.needsPass.value,
  );

  states: SeatStates | null = null;
  #watchers = new Set<(change: Change) => void>();
  #closed = new AbortController();
  #pricing = false;

  constructor(readonly performanceId: number) {}

  /** The map repaints what it is told. */
  onSeats(watcher: (change: Change) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  start(): void {
    addEventListener('storage', (event) => this.#fromOtherTab(event), {
      signal: this.#closed.signal,
    });
    const clock = setInterval(() => this.#lookAtClock(), clock_ms);
    this.#closed.signal.addEventListener('abort', () => clearInterval(clock));
    void this.load();
  }

  #lookAtClock(): void {
    const performance = this.performance.value;
    this.begun.value = performance !== null && hasBegun(performance, serverClock.now());
    const pass = passes.ofPerformance(this.performanceId);
    if (pass?.pass !== this.pass.value?.pass) this.pass.value = pass;
  }

  stop(): void {
    this.#closed.abort();
    this.#watchers.clear();
  }

  async load(): Promise<void> {
    this.lost.value = null;
    const { signal } = this.#closed;
    const options = { signal, timeoutMs: call_ms };
    try {
      const { performanceId } = this;
      const performance = await persist(() => tickets.getPerformance({ performanceId }, options));
      if (signal.aborted) return;
      batch(() => {
        this.performance.value = performance;
        this.#lookAtClock();
        this.saleState.value = performance.saleState;
        if (performance.counts) this.counts.value = toldCounts(performance.counts);
        this.hold.value = keptHold(storage, performanceId, serverClock.now());
        this.wish.value = { ...this.wish.value, party: Math.min(2, this.limit.value) };
      });
      void loadSales().then((sales) => {
        this.saleId.value = sales.get(performanceId)?.saleId ?? 0;
      });
      const layoutHash = performance.hall?.layoutHash ?? '';
      const layout = await persist(() =>
        tickets.getSeatMap(
          { layoutHash },
          {
            ...options,
            progress: (bytes) => {
              this.received.value = bytes;
            },
          },
        ),
      );
      if (signal.aborted) return;
      globalThis.performance.mark('usher:layout');
      this.states = new SeatStates(layout.placeCount);
      // Tasks of their own, here and below: on a slow phone a tap waits for the longest one.
      await sleep(0);
      const plan = readPlan(layout);
      await sleep(0);
      if (signal.aborted) return;
      this.plan.value = plan;
      const ended = this.hold.value ? [] : takeEnded(storage, performanceId, serverClock.now());
      if (ended.length > 0) {
        this.ended.value = ended;
        this.failure.value = failure('HOLD_EXPIRED');
      }
      void watchSeats(
        this.states,
        {
          open: (attempt) => tickets.watchSeats({ performanceId }, { signal: attempt }),
          link: (link) => {
            this.link.value = link;
          },
          update: (update, change) => this.#take(update, change),
        },
        signal,
      );
    } catch (cause) {
      if (!signal.aborted) this.lost.value = refusalOf(cause);
    }
  }

  #take(update: SeatsUpdate, change: Change): void {
    const { states } = this;
    const plan = this.plan.value;
    if (!states || !plan) return;
    batch(() => {
      this.version.value = update.version;
      this.saleState.value = update.saleState;
      this.notice.value = update.noticeId;
      if (update.counts) {
        this.counts.value = toldCounts(update.counts);
      }
      if (change === 'all') globalThis.performance.mark('usher:seats');
      if (change === 'all' || change.length > 0) {
        const { category, categories, sections } = plan;
        this.freeByCategory.value = states.freeByCategory(category, categories.length);
        this.heldByCategory.value = states.heldByCategory(category, categories.length);
        const areas = sections.filter(({ standing }) => standing);
        const inAreas = (count: (first: number, places: number) => number) =>
          new Map(
            areas.map(({ index, firstSeat, placeCount }) => [index, count(firstSeat, placeCount)]),
          );
        this.freeByArea.value = inAreas((first, places) => states.freeBetween(first, places));
        this.heldByArea.value = inAreas((first, places) => states.heldBetween(first, places));
        this.#checkChoice(plan);
        if (change === 'all') this.#checkHold();
      }
    });
    for (const watcher of this.#watchers) watcher(change);
    void this.#reprice(update.priceList);
  }

  // The feed says by its number that other prices are valid than those on the page.
  async #reprice(list: number): Promise<void> {
    const known = () => this.performance.value?.priceList ?? list;
    if (this.#pricing || list <= known()) return;
    this.#pricing = true;
    const { performanceId } = this;
    const { signal } = this.#closed;
    for (let tries = 0; tries < price_tries_max && list > known() && !signal.aborted; tries++) {
      if (tries > 0) await sleep(price_wait_ms);
      const now = await tickets
        .getPerformance({ performanceId }, { signal, timeoutMs: call_ms })
        .catch(() => null); // the next news asks again
      if (now && now.priceList > known())
        batch(() => {
          this.performance.value = now;
          this.repriced.value = this.hold.value === null;
        });
    }
    this.#pricing = false;
  }

  // What we chose and did not hold yet may be taken by anyone.
  #checkChoice(plan: Plan): void {
    if (this.busy.value === 'hold') return; // our own hold shows in the feed before its answer is here
    const gone = this.choice.value.seats.filter((seat) => !this.isFree(seat));
    let kept = without(this.choice.value, gone);
    for (const [section, quantity] of kept.areas) {
      const free = this.freeByArea.value.get(section) ?? 0;
      if (quantity <= free) continue;
      kept = withArea(kept, section, free);
      gone.push(plan.sections[section]?.firstSeat ?? 0); // any place of an area has the area's name
    }
    if (gone.length === 0) return;
    this.choice.value = kept;
    this.overtaken.value = gone;
    this.instead.value = this.#nearest(plan, gone);
  }

  /** For each of these seats the nearest that is free, of the same price where there is one; none twice. */
  #nearest(plan: Plan, gone: readonly number[]): number[] {
    const found: number[] = [];
    for (const seat of gone) {
      const x = plan.x[seat] ?? Number.NaN;
      const y = plan.y[seat] ?? Number.NaN;
      let best = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let other = 0; other < plan.count; other++) {
        const far = ((plan.x[other] ?? 0) - x) ** 2 + ((plan.y[other] ?? 0) - y) ** 2;
        const weight = plan.category[other] === plan.category[seat] ? far : far * other_price;
        if (!(weight < least) || !this.isFree(other)) continue;
        if (found.includes(other) || this.choice.value.seats.includes(other)) continue;
        best = other;
        least = weight;
      }
      if (best >= 0) found.push(best);
    }
    return found;
  }

  /** Chooses what was offered in place of seats that others took. */
  takeInstead(): void {
    const seats = this.instead.value.filter((seat) => this.isFree(seat));
    batch(() => {
      this.overtaken.value = [];
      this.instead.value = [];
      for (const seat of seats) this.toggle(seat);
    });
  }

  // A hold that was kept over a reload may have ended meanwhile (given up in another tab, or by the server).
  #checkHold(): void {
    const hold = this.hold.value;
    if (!hold || this.busy.value) return;
    if (hold.seats.some(({ seat }) => this.states?.of(seat) === FREE))
      this.#endHold('HOLD_EXPIRED');
  }

  #fromOtherTab(event: StorageEvent): void {
    if (!isHoldKey(event.key, this.performanceId)) return;
    this.hold.value = keptHold(storage, this.performanceId, serverClock.now());
  }

  isFree(seat: number): boolean {
    return this.states?.of(seat) === FREE;
  }

  /** False: the limit is reached, or the seat is not to be had. */
  toggle(seat: number): boolean {
    if (this.hold.value || this.busy.value) return false;
    const next = toggled(this.choice.value, seat);
    const more = next.seats.length > this.choice.value.seats.length;
    if (more && !this.isFree(seat)) return false;
    if (more && placesOf(next) > this.limit.value) {
      this.failure.value = failure('LIMIT_REACHED');
      return false;
    }
    batch(() => {
      this.choice.value = next;
      this.failure.value = null;
      this.overtaken.value = [];
    });
    return true;
  }

  setArea(section: number, quantity: number): void {
    if (this.hold.value || this.busy.value) return;
    const free = this.freeByArea.value.get(section) ?? 0;
    const others = placesOf(withArea(this.choice.value, section, 0));
    const wanted = Math.max(0, Math.min(quantity, free));
    const given = Math.min(wanted, this.limit.value - others);
    batch(() => {
      this.choice.value = withArea(this.choice.value, section, given);
      this.failure.value = given < wanted ? failure('LIMIT_REACHED') : null;
      this.overtaken.value = [];
    });
  }

  /** How many places of a standing area are ours: held, or else chosen. */
  ownOf({ index, firstSeat, placeCount }: PlanSection): number {
    const hold = this.hold.value;
    if (!hold) return this.choice.value.areas.get(index) ?? 0;
    return hold.seats.filter(({ seat }) => seat >= firstSeat && seat < firstSeat + placeCount)
      .length;
  }

  clear(): void {
    batch(() => {
      this.choice.value = empty;
      this.failure.value = null;
      this.overtaken.value = [];
    });
  }

  async holdChosen(): Promise<boolean> {
    const { seats, areas } = this.choice.value;
    if (seats.length + areas.size === 0) return false;
    this.repriced.value = false;
    const idempotencyKey = newKey();
    const { performanceId } = this;
    return this.#act('hold', async () => {
      const hold = await tickets.holdSeats(
        {
          performanceId,
          seats: [...seats].sort((a, b) => a - b),
          areas: [...areas].map(([section, quantity]) => ({ section, quantity })),
          code: this.code.value.trim(),
          idempotencyKey,
        },
        { timeoutMs: call_ms },
      );
      return () => this.#begin(hold);
    });
  }

  async holdBest(apart = false): Promise<boolean> {
    const { party, category, wheelchairs = 0, restrictedView = false } = this.wish.value;
    const idempotencyKey = newKey();
    const { performanceId } = this;
    return this.#act('best', async () => {
      const hold = await tickets.holdBest(
        {
          performanceId,
          party,
          apart,
          wheelchairs: Math.min(wheelchairs, party),
          restrictedView,
          code: this.code.value.trim(),
          idempotencyKey,
          categoryChoice:
            category === null ? { case: undefined } : { case: 'category', value: category },
        },
        { timeoutMs: call_ms },
      );
      return () => this.#begin(hold);
    });
  }

  /** How many places are left of the price that is wished for. */
  freeOfWish(): number {
    const { category } = this.wish.value;
    return category === null ? this.counts.value.free : (this.freeByCategory.value[category] ?? 0);
  }

  /** The same seats as those of the hold that ended. */
  async holdAgain(): Promise<boolean> {
    const plan = this.plan.value;
    if (!plan || this.ended.value.length === 0) return false;
    let choice = empty;
    for (const seat of this.ended.value) {
      const section = plan.sections[plan.section[seat] ?? -1];
      choice = section?.standing
        ? withArea(choice, section.index, (choice.areas.get(section.index) ?? 0) + 1)
        : toggled(choice, seat);
    }
    this.choice.value = choice;
    return this.holdChosen();
  }

  /** A refused hold names free seats near those that were asked for. */
  async holdNearest(): Promise<boolean> {
    const nearest = this.failure.value?.nearest ?? [];
    if (nearest.length === 0) return false;
    this.choice.value = { seats: nearest, areas: new Map() };
    return this.holdChosen();
  }

  async release(): Promise<boolean> {
    const hold = this.hold.value;
    if (!hold) return false;
    const { performanceId } = this;
    return this.#act('release', async () => {
      try {
        await tickets.releaseHold({ performanceId, holdId: hold.holdId }, { timeoutMs: call_ms });
      } catch (cause) {
        // Already gone is what was wished for.
        const { reason } = failureOf(cause);
        if (reason !== 'HOLD_NOT_FOUND' && reason !== 'HOLD_EXPIRED') throw cause;
      }
      return () => this.#endHold(null);
    });
  }

  /** The clock has run out. */
  expire(): void {
    if (this.hold.value && !this.busy.value) this.#endHold('HOLD_EXPIRED');
  }

  async #act(busy: Busy, call: () => Promise<() => void>): Promise<boolean> {
    if (this.busy.value) return false;
    batch(() => {
      this.busy.value = busy;
      this.failure.value = null;
      this.overtaken.value = [];
    });
    try {
      const done = await persist(call);
      batch(() => {
        this.busy.value = null;
        done();
      });
      return true;
    } catch (cause) {
      batch(() => {
        this.busy.value = null;
        this.#refused(refusalOf(cause));
      });
      return false;
    }
  }

  #refused(why: Failure): void {
    if (why.reason === 'HOLD_EXPIRED' || why.reason === 'HOLD_NOT_FOUND') this.#endHold(why.reason);
    this.failure.value = why;
    this.choice.value = without(
      this.choice.value,
      this.choice.value.seats.filter((seat) => why.seats.includes(seat) || !this.isFree(seat)),
    );
    if (why.reason.startsWith('PASS_')) {
      passes.drop(this.saleId.value);
      this.pass.value = null;
    }
    if (why.reason === 'SALE_NOT_OPEN') void this.#refresh();
    if (why.reason === 'PERFORMANCE_BEGUN') this.begun.value = true;
  }

  async #refresh(): Promise<void> {
    try {
      const { performanceId } = this;
      const fresh = await tickets.getPerformance({ performanceId }, { timeoutMs: call_ms });
      this.saleState.value = fresh.saleState;
    } catch {
      // The stream will tell.
    }
  }

  #begin(hold: Hold): void {
    const kept = keptOf(hold, this.performanceId, newKey());
    keepHold(storage, kept);
    this.ended.value = [];
    this.hold.value = kept;
    this.choice.value = empty;
  }

  #endHold(why: 'HOLD_EXPIRED' | 'HOLD_NOT_FOUND' | null): void {
    dropHold(storage, this.performanceId);
    this.ended.value = why ? (this.hold.value?.seats.map(({ seat }) => seat) ?? []) : [];
    this.hold.value = null;
    this.choice.value = empty;
    this.failure.value = why ? failure(why) : null;
  }
}
