// Passes of the waiting room: kept in this browser until they end, and shown with every call that buys.

import type { Interceptor } from './connect';
import type { BrowserStorage } from './identity';

export interface KeptPass {
  pass: string;
  saleId: number;
  performanceIds: number[];
  expiresAtMs: number;
}

const storage_key = 'usher.passes';
const header = 'usher-pass';
const shown = new Set(['HoldSeats', 'HoldBest', 'PlaceOrder', 'BeginPayment']);

export class Passes {
  constructor(
    private readonly storage: BrowserStorage,
    private readonly now: () => number,
  ) {}

  keep(pass: KeptPass): void {
    this.#write([...this.#live().filter(({ saleId }) => saleId !== pass.saleId), pass]);
  }

  drop(saleId: number): void {
    this.#write(this.#live().filter((pass) => pass.saleId !== saleId));
  }

  ofSale(saleId: number): KeptPass | null {
    return this.#live().find((pass) => pass.saleId === saleId) ?? null;
  }

  ofPerformance(performanceId: number): KeptPass | null {
    return this.#live().find((pass) => pass.performanceIds.includes(performanceId)) ?? null;
  }

  #write(passes: KeptPass[]): void {
    if (passes.length > 0) this.storage.setItem(storage_key, JSON.stringify(passes));
    else this.storage.removeItem(storage_key);
  }

  #live(): KeptPass[] {
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(storage_key) ?? '[]');
      return Array.isArray(kept)
        ? kept.filter((pass) => isWhole(pass) && pass.expiresAtMs > this.now())
        : [];
    } catch {
      return [];
    }
  }
}

function isWhole(pass: KeptPass | null): pass is KeptPass {
  return (
    typeof pass?.pass === 'string' &&
    typeof pass.saleId === 'number' &&
    typeof pass.expiresAtMs === 'number' &&
    Array.isArray(pass.performanceIds)
  );
}

export function withPass(passes: Passes): Interceptor {
  return (next) => (request) => {
    if (shown.has(request.name)) {
      const { performanceId } = request.message as { performanceId: number };
      const pass = passes.ofPerformance(performanceId);
      if (pass) request.header.set(header, pass.pass);
    }
    return next(request);
  };
}
