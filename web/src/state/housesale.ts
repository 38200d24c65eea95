// A performance as its organiser works on it: any number of free places is chosen on the map, and nothing is bought.

import { computed } from '@preact/signals';
import { Sale } from './sale';

/** Places in one request: the server's limit. */
export const block_max = 1000;

export class HouseSale extends Sale {
  override readonly limit = computed(() => block_max);
  override readonly buyable = computed(() => false);

  /** All of these seats that are free are chosen, as many as there may be. */
  choose(seats: Iterable<number>): void {
    const chosen = new Set(this.choice.value.seats);
    for (const seat of seats) {
      if (chosen.size >= block_max) break;
      if (this.isFree(seat)) chosen.add(seat);
    }
    this.choice.value = { ...this.choice.value, seats: [...chosen] };
  }

  /** The chosen seats by number; of a standing area its first free places. */
  places(): number[] {
    const { seats, areas } = this.choice.value;
    const all = [...seats];
    for (const [index, quantity] of areas) {
      const area = this.plan.value?.sections[index];
      let left = quantity;
      const end = area ? area.firstSeat + area.placeCount : 0;
      for (let seat = area?.firstSeat ?? 0; seat < end && left > 0; seat++) {
        if (!this.isFree(seat)) continue;
        all.push(seat);
        left--;
      }
    }
    return all.sort((a, b) => a - b);
  }
}
