import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { call_ms, tickets } from '../api/client';
import { persist } from '../api/retry';
import { payWords } from '../i18n/pay';
import { Deed } from '../state/deed';
import { type KeptHold, keepHold, keptOf } from '../state/kept';
import { storage } from '../state/storage';
import { Field } from './field';
import { Failed } from './notice';

interface CodeProps {
  hold: KeptHold;
  onChosen(hold: KeptHold): void;
}

/** A discount code for what is held: taken, or taken off again. */
export function PriceCode({ hold, onChosen }: CodeProps) {
  const say = payWords.value;
  const deed = useMemo(() => new Deed(), []);
  const typed = useSignal('');
  const set = (code: string) =>
    deed.do(async () => {
      const { performanceId, holdId, seats, orderKey } = hold;
      const request = {
        performanceId,
        holdId,
        types: seats.map(({ seat, type = 0 }) => ({ seat, type })),
        codeChoice: { case: 'code' as const, value: code },
      };
      const now = await persist(() => tickets.choosePriceTypes(request, { timeoutMs: call_ms }));
      const kept = keptOf(now, performanceId, orderKey);
      keepHold(storage, kept);
      typed.value = '';
      onChosen(kept);
    });
  return (
    <form
      class="card pay-rows"
      data-part="code"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.value.trim()) void set(typed.value.trim());
      }}
    >
      {hold.code ? <output>{say.codeTaken}</output> : null}
      <Field
        label={say.code}
        name="code"
        maxLength={64}
        value={typed.value}
        onInput={(value) => {
          typed.value = value;
        }}
      >
        <button type="submit" class="plain" data-action="take-code" disabled={deed.busy.value}>
          {say.codeApply}
        </button>
      </Field>
      {hold.code ? (
        <button
          type="button"
          class="quiet"
          data-action="drop-code"
          disabled={deed.busy.value}
          onClick={() => void set('')}
        >
          {say.codeDrop}
        </button>
      ) : null}
      <Failed failure={deed.failure.value} />
    </form>
  );
}
