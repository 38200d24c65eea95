import { type Counts, SaleState } from '../gen/usher/v1/ticket_pb';
import { count } from '../i18n/format';
import { words } from '../i18n/words';

interface AvailabilityProps {
  counts: Pick<Counts, 'free' | 'held' | 'sold'>;
  state: SaleState;
}

/** How much is left: free, held by someone, sold. */
export function Availability({ counts: { free, held, sold }, state }: AvailabilityProps) {
  const say = words.value;
  const all = free + held + sold || 1;
  return (
    <div class="availability">
      <div class="bar" role="img" aria-label={say.ofSeats(count(free), count(all))}>
        <span class="bar-free" style={{ width: `${(free / all) * 100}%` }} />
        <span class="bar-held" style={{ width: `${(held / all) * 100}%` }} />
      </div>
      <p>
        <StateWord state={state} free={free} />
        <span class="numeric">{free > 0 ? say.seatsLeft(count(free)) : ''}</span>
      </p>
    </div>
  );
}

export function StateWord({ state, free }: { state: SaleState; free: number }) {
  const say = words.value;
  if (state === SaleState.PAUSED) return <span class="state state-paused">{say.salePaused}</span>;
  if (state !== SaleState.OPEN) return <span class="state state-draft">{say.saleDraft}</span>;
  if (free === 0) return <span class="state state-out">{say.soldOut}</span>;
  return <span class="state state-open">{say.saleOpen}</span>;
}
