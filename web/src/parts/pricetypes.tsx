import { useId, useMemo } from 'preact/hooks';
import { call_ms, tickets } from '../api/client';
import { persist } from '../api/retry';
import { money, seatName, typeName } from '../i18n/format';
import { payWords } from '../i18n/pay';
import { Deed } from '../state/deed';
import { type KeptHold, type KeptSeat, type KeptType, keepHold, keptOf } from '../state/kept';
import { storage } from '../state/storage';
import { Failed } from './notice';

interface ChooserProps {
  hold: KeptHold;
  prices: readonly number[]; // one a category: what type 0 pays
  onChosen(hold: KeptHold): void;
}

/** Who each of the seats is for; what they cost follows from it. */
export function PriceTypes({ hold, prices, onChosen }: ChooserProps) {
  const say = payWords.value;
  const deed = useMemo(() => new Deed(), []);
  const types = hold.types ?? [];
  if (types.length < 2) return null;
  const choose = (chosen: KeptSeat, type: number) =>
    deed.do(async () => {
      const { performanceId, holdId, seats, orderKey } = hold;
      const request = {
        performanceId,
        holdId,
        types: seats.map(({ seat, type: was = 0 }) => ({
          seat,
          type: seat === chosen.seat ? type : was,
        })),
      };
      const now = await persist(() => tickets.choosePriceTypes(request, { timeoutMs: call_ms }));
      const kept = keptOf(now, performanceId, orderKey);
      keepHold(storage, kept);
      onChosen(kept);
    });
  const needed = types.some(
    ({ number, proof }) => proof && hold.seats.some((s) => s.type === number),
  );
  return (
    <section class="card pay-rows" aria-labelledby="types-title" data-part="types">
      <h2 id="types-title">{say.types}</h2>
      {hold.seats.map((seat) => (
        <SeatType
          key={seat.seat}
          seat={seat}
          types={types.filter(
            ({ number, amounts }) => number === 0 || (amounts[seat.category] ?? -1) >= 0,
          )}
          price={({ number, amounts }) =>
            money((number === 0 ? prices[seat.category] : amounts[seat.category]) ?? 0, hold)
          }
          busy={deed.busy.value}
          onChoose={(type) => void choose(seat, type)}
        />
      ))}
      {needed ? <p class="hint">{say.typesProof}</p> : null}
      <Failed failure={deed.failure.value} />
    </section>
  );
}

interface SeatTypeProps {
  seat: KeptSeat;
  types: readonly KeptType[];
  price(type: KeptType): string;
  busy: boolean;
  onChoose(type: number): void;
}

function SeatType({ seat, types, price, busy, onChoose }: SeatTypeProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{seatName(seat.label)}</label>
      <select
        id={id}
        name={`type-${seat.seat}`}
        value={seat.type ?? 0}
        disabled={busy}
        onChange={({ currentTarget }) => onChoose(Number(currentTarget.value))}
      >
        {types.map((type) => (
          <option key={type.number} value={type.number}>
            {`${typeName(type)} · ${price(type)}`}
          </option>
        ))}
      </select>
    </div>
  );
}
