// One's place in the line in front of a sale: entering it, waiting, and coming in.
//
// While one waits nothing is asked: the same small message tells everybody which numbers may come in, and one knows one's
// own. The receipt of the number is kept in the browser, so that a server that lost it takes it back.

import { computed, signal } from '@preact/signals';
import { call_ms, identity, passes } from '../api/client';
import { serverClock } from '../api/clock';
import { type Failure, failureOf } from '../api/failure';
import { waitroom } from '../api/line';
import { persist, refusalOf, sleep } from '../api/retry';
import { follow, type Link } from '../api/watch';
import {
  LineState,
  type Place,
  PlaceState,
  type Sale,
  type SaleStatus,
} from '../gen/usher/v1/waitroom_pb';
import { type Interval, progressOf, waitOf } from './forecast';
import { storage } from './storage';

interface KeptPlace {
  receipt: string;
  servingAtFirst: number;
}

const keyOf = (saleId: number) => `usher.line.${saleId}`;
const spread_ms = 3_000; // when the draw is over everybody asks for a number: not at the same instant

export type LineBusy = 'join' | 'enter' | 'leave' | null;

export class Line {
  readonly sale = signal<Sale | null>(null);
  readonly status = signal<SaleStatus | null>(null);
  readonly place = signal<Place | null>(null);
  readonly link = signal<Link>('connecting');
  readonly lost = signal<Failure | null>(null); // the page could not be shown
  readonly failure = signal<Failure | null>(null);
  readonly busy = signal<LineBusy>(null);
  readonly solving = signal(false);
  readonly said = signal<(Interval & { ahead: number }) | null>(null);
  readonly servingAtFirst = signal(0);

  readonly state = computed(() => this.status.value?.state ?? LineState.UNSPECIFIED);
  readonly number = computed(() => Number(this.place.value?.number ?? 0n));
  readonly serving = computed(() => Number(this.status.value?.serving ?? 0n));
  readonly ahead = computed(() => Math.max(0, this.number.value - this.serving.value));
  readonly progress = computed(() =>
    progressOf(this.number.value, this.serving.value, this.servingAtFirst.value),
  );
  readonly wait = computed(() =>
    waitOf({
      ahead: this.ahead.value,
      ratePerMin: this.status.value?.ratePerMin ?? 0,
      said: this.said.value,
    }),
  );
  /** Where one stands, by what everybody is told and what is known of one's own number. */
  readonly standing = computed<PlaceState>(() => {
    const place = this.place.value;
    if (!place) return PlaceState.UNSPECIFIED;
    const called = this.number.value > 0 && this.serving.value >= this.number.value;
    return place.state === PlaceState.WAITING && called ? PlaceState.SERVED : place.state;
  });

  #closed = new AbortController();

  constructor(readonly saleId: number) {}

  start(): void {
    void this.load();
  }

  stop(): void {
    this.#closed.abort();
  }

  async load(): Promise<void> {
    this.lost.value = null;
    const { saleId } = this;
    const { signal } = this.#closed;
    try {
      const sale = await persist(() =>
        waitroom.getSale({ saleId }, { signal, timeoutMs: call_ms }),
      );
      if (signal.aborted) return;
      if (sale.status) this.#hear(sale.status);
      await this.#recall();
      this.sale.value = sale;
      if (signal.aborted) return;
      void follow(
        {
          open: (attempt) => waitroom.watchLine({ saleId }, { signal: attempt }),
          take: (status) => {
            this.#hear(status);
            return true;
          },
          link: (link) => {
            const back = link === 'live' && this.link.value === 'lost';
            this.link.value = link;
            if (back) void this.refresh();
          },
        },
        signal,
      );
    } catch (cause) {
      if (!signal.aborted) this.lost.value = refusalOf(cause);
    }
  }

  // A place that was had before: asked for, and where the server does not know it any more its receipt is handed in.
  async #recall(): Promise<void> {
    const kept = this.#kept();
    if (!identity.known) return;
    try {
      this.#stand(await this.#ask());
    } catch (cause) {
      const { reason } = refusalOf(cause);
      if (reason !== 'NOT_IN_LINE' || !kept) return;
      try {
        const { receipt } = kept;
        this.#stand(
          await persist(() => waitroom.restoreReceipt({ receipt }, { timeoutMs: call_ms })),
        );
      } catch {
        storage.removeItem(keyOf(this.saleId)); // of a line that is no more
      }
    }
  }

  #ask(): Promise<Place> {
    const { saleId } = this;
    return persist(() => waitroom.getPlace({ saleId }, { timeoutMs: call_ms }));
  }

  /** Asks anew for what only the server knows of one's own place. */
  async refresh(): Promise<void> {
    if (!this.place.value || this.busy.value) return;
    try {
      this.#stand(await this.#ask());
    } catch {
      // What is known stays; the stream goes on.
    }
  }

  #hear(status: SaleStatus): void {
    const before = this.status.value;
    if (before && status.version < before.version && status.saleId === before.saleId) return;
    this.status.value = status;
    const waitsForNumber = this.place.value?.state === PlaceState.IN_DRAW;
    const drawn = status.state === LineState.OPEN || status.state === LineState.PAUSED;
    if (waitsForNumber && drawn && before?.state !== status.state) {
      void sleep(Math.random() * spread_ms).then(() => this.refresh());
    }
    const called =
      this.place.value?.state === PlaceState.WAITING &&
      this.number.value > 0 &&
      status.serving >= this.number.value &&
      before !== null &&
      before.serving < this.number.value;
    if (called) void this.refresh(); // until when the place is kept is the server's to say
  }

  #stand(place: Place): void {
    const first = this.place.value?.number !== place.number;
    this.place.value = place;
    if (place.status) this.#hear(place.status);
    if (place.number > 0n && place.waitMaxMs > 0n) {
      this.said.value = {
        fromMs: Number(place.waitMinMs),
        toMs: Number(place.waitMaxMs),
        ahead: this.ahead.value,
      };
    }
    const kept = this.#kept();
    if (first)
      this.servingAtFirst.value =
        kept?.receipt === place.receipt ? kept.servingAtFirst : this.serving.value;
    if (place.receipt) {
      const keep: KeptPlace = { receipt: place.receipt, servingAtFirst: this.servingAtFirst.value };
      storage.setItem(keyOf(this.saleId), JSON.stringify(keep));
    }
  }

  #kept(): KeptPlace | null {
    try {
      const kept = JSON.parse(storage.getItem(keyOf(this.saleId)) ?? 'null') as KeptPlace | null;
      return typeof kept?.receipt === 'string' ? kept : null;
    } catch {
      return null;
    }
  }

  async join(): Promise<boolean> {
    const { saleId } = this;
    return this.#act('join', async () => {
      const challenge = await waitroom.getChallenge({ saleId }, { timeoutMs: call_ms });
      let solution = 0;
      if (challenge.algorithm) {
        this.solving.value = true;
        try {
          const { solveBeside } = await import('../proof/beside');
          solution = await solveBeside(challenge);
        } finally {
          this.solving.value = false;
        }
      }
      this.#stand(
        await waitroom.join(
          { saleId, challenge, solution, withoutStatus: true },
          { timeoutMs: call_ms },
        ),
      );
    });
  }

  async enter(): Promise<boolean> {
    const { saleId } = this;
    return this.#act('enter', async () => {
      const { pass, expiresAtMs } = await waitroom.enter({ saleId }, { timeoutMs: call_ms });
      passes.keep({
        pass,
        saleId,
        performanceIds: this.sale.value?.performanceIds ?? [],
        expiresAtMs: Number(expiresAtMs),
      });
    });
  }

  async leave(): Promise<boolean> {
    const { saleId } = this;
    return this.#act('leave', async () => {
      try {
        await waitroom.leave({ saleId }, { timeoutMs: call_ms });
      } catch (cause) {
        if (failureOf(cause).reason !== 'NOT_IN_LINE') throw cause; // gone already is what was wished for
      }
      passes.drop(saleId);
      storage.removeItem(keyOf(saleId));
      this.place.value = null;
    });
  }

  /** The pass that is in this browser, if it is still good. */
  get pass() {
    return passes.ofSale(this.saleId);
  }

  /** How long until the server's clock says so. */
  msUntil(ms: bigint | undefined): number {
    return ms ? Number(ms) - serverClock.now() : 0;
  }

  async #act(busy: Exclude<LineBusy, null>, act: () => Promise<void>): Promise<boolean> {
    if (this.busy.value) return false;
    this.busy.value = busy;
    this.failure.value = null;
    try {
      await persist(act);
      return true;
    } catch (cause) {
      this.failure.value = refusalOf(cause);
      // A turn that is over, or has not come: the server knows better where one stands.
      this.busy.value = null;
      await this.refresh();
      return false;
    } finally {
      this.busy.value = null;
    }
  }
}
