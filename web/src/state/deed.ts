import { signal } from '@preact/signals';
import type { Failure } from '../api/failure';
import { refusalOf } from '../api/retry';

/** One thing at a time, and why the last one failed. */
export class Deed {
  readonly busy = signal(false);
  readonly failure = signal<Failure | null>(null);

  async do(act: () => Promise<void>): Promise<boolean> {
    if (this.busy.value) return false;
    this.busy.value = true;
    this.failure.value = null;
    try {
      await act();
      return true;
    } catch (cause) {
      this.failure.value = refusalOf(cause);
      return false;
    } finally {
      this.busy.value = false;
    }
  }
}
