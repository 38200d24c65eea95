import { type Counts, SaleState } from '../gen/usher/v1/ticket_pb';
import { words } from '../i18n/words';

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
