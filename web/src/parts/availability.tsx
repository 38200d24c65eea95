import { type Counts, SaleState } from '../gen/usher/v1/ticket_pb';
import { count } from '../i18n/format';
import { words } from '../i18n/words';

interface AvailabilityProps {
  counts: Pick<Counts, 'free' | 'held' | 'sold'>;
  state: SaleState;
  begun: boolean; // the performance has started, or is over
}

/** How much is left: free, held by someone, sold. */
export function Availability({ counts: { free, held, sold }, state, begun }: AvailabilityProps) {
  const say = words.value;
  const all = free + held + sold || 1;
  return (
    <div class="availability">
      <div class="bar" role="img" aria-label={say.ofSeats(count(free), count(all))}>
        <span class="bar-free" style={{ width: `${(free / all) * 100}%` }} />
        <span class="bar-held" style={{ width: `${(held / all) * 100}%` }} />
      </div>
      <p>
        <StateWord state={state} counts={{ free, held }} begun={begun} />
        <span class="numeric">{free > 0 && !begun ? say.seatsLeft(count(free)) : ''}</span>
      </p>
    </div>
  );
}

interface StateWordProps {
  state: SaleState;
  counts: Pick<Counts, 'free' | 'held'>;
  begun: boolean;
}

export function StateWord({ state, counts: { free, held }, begun }: StateWordProps) {
  const say = words.value;
  if (begun) return <span class="state state-out">{say.begun}</span>;
  if (state === SaleState.PAUSED) return <span class="state state-paused">{say.salePaused}</span>;
  if (state !== SaleState.OPEN) return <span class="state state-draft">{say.saleDraft}</span>;
  if (free === 0 && held > 0) return <span class="state state-paused">{say.allHeld}</span>;
  if (free === 0) return <span class="state state-out">{say.soldOut}</span>;
  return <span class="state state-open">{say.saleOpen}</span>;
}
