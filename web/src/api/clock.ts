// The server's clock, as well as it can be known from here.
//
// Holds end by the server's clock, and a phone's clock may be minutes off. Every answer carries `Date`, cut to the
// second; with the times we sent and received, each answer bounds the difference from both sides, and the bounds only
// get closer. Only answers made for us count: an answer from a cache has an old date.

export class ServerClock {
  #low = Number.NEGATIVE_INFINITY; // server minus client, milliseconds
  #high = Number.POSITIVE_INFINITY;

  observe(dateMs: number, sentMs: number, receivedMs: number): void {
    const low = dateMs - receivedMs;
    const high = dateMs + 1000 - sentMs;
    if (low > this.#high || high < this.#low) {
      // One of the clocks has jumped: what was known is void.
      this.#low = low;
      this.#high = high;
      return;
    }
    this.#low = Math.max(this.#low, low);
    this.#high = Math.min(this.#high, high);
  }

  /** What to add to the client's clock; 0 as long as the client may be right. */
  get offsetMs(): number {
    if (this.#low <= 0 && 0 <= this.#high) return 0;
    return (this.#low + this.#high) / 2;
  }

  now(clientMs: number = Date.now()): number {
    return clientMs + this.offsetMs;
  }
}

export const serverClock = new ServerClock();
