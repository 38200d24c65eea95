import '../style/confirm.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import '../style/pay.css';
import { call_ms } from '../api/client';
import { newKey } from '../api/key';
import { persist } from '../api/retry';
import { till } from '../api/till';
import type { Refund, RefundPreview } from '../gen/usher/v1/payment_pb';
import type { Order } from '../gen/usher/v1/ticket_pb';
import { money, seatName } from '../i18n/format';
import { payWords } from '../i18n/pay';
import { refundWords } from '../i18n/refund';
import { words } from '../i18n/words';
import { Failed, Notice } from '../parts/notice';
import { RefundTable } from '../parts/refundtable';
import { Deed } from '../state/deed';

interface RefundDialogProps {
  order: Order;
  team?: boolean; // who runs the performance gives back what was used, too
  onClose(): void;
  onDone(refund: Refund): void;
}

/** Gives tickets back: which, what would be returned now, and from when it is less. */
export function RefundDialog({ order, team, onClose, onDone }: RefundDialogProps) {
  const say = refundWords.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const deed = useMemo(() => new Deed(), []);
  const look = useMemo(() => new Deed(), []);
  const key = useMemo(newKey, []);
  const chosen = useSignal(order.tickets.map(({ seat }) => seat));
  const preview = useSignal<RefundPreview | null>(null);
  const evenUsed = useSignal(false);
  const before = useSignal<Refund | null>(null); // what another click had given back
  const used = useSignal<number[]>([]);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const { orderId } = order;
  const all = chosen.value.length === order.tickets.length;
  const seats = all ? [] : chosen.value;
  useEffect(() => {
    preview.value = null;
    if (chosen.value.length === 0) return;
    let wanted = true;
    void look.do(async () => {
      const found = await persist(() =>
        till.previewRefund({ orderId, seats, evenUsed: evenUsed.value }, { timeoutMs: call_ms }),
      );
      if (!wanted) return;
      preview.value = found;
      used.value = found.usedSeats;
    });
    return () => {
      wanted = false;
    };
  }, [chosen.value, evenUsed.value]);
  const giveBack = async () => {
    const expectedRefund = preview.value?.refund ?? 0n;
    const request = {
      orderId,
      seats,
      idempotencyKey: `${key} ${seats.join(' ')}`.slice(0, 64),
      expectedRefund,
      evenUsed: evenUsed.value,
    };
    await deed.do(async () => {
      const refund = await persist(() => till.refundOrder(request, { timeoutMs: call_ms }));
      if (refund.again) before.value = refund;
      else onDone(refund);
    });
  };
  const toggle = (seat: number) => {
    chosen.value = chosen.value.includes(seat)
      ? chosen.value.filter((other) => other !== seat)
      : [...chosen.value, seat];
  };
  const busy = deed.busy.value;
  return (
    <dialog
      ref={dialog}
      class="confirm refund"
      aria-labelledby="refund-title"
      onCancel={(event) => {
        event.preventDefault();
        if (!busy) onClose();
      }}
    >
      <h2 id="refund-title">{say.title}</h2>
      {order.tickets.length > 1 ? (
        <fieldset class="refund-which" disabled={busy}>
          <legend>{say.which}</legend>
          {order.tickets.map(({ seat, label, amount }) => (
            <label key={seat} class="check">
              <input
                type="checkbox"
                checked={chosen.value.includes(seat)}
                onChange={() => toggle(seat)}
              />
              <span>{seatName(label)}</span>
              <span class="numeric">{money(amount, order)}</span>
            </label>
          ))}
        </fieldset>
      ) : null}
      <Failed failure={look.failure.value ?? deed.failure.value} />
      <Preview order={order} preview={preview.value} asking={look.busy.value} />
      {team && used.value.length > 0 ? (
        <label class="check">
          <input
            type="checkbox"
            name="even-used"
            checked={evenUsed.value}
            disabled={busy}
            onChange={() => {
              evenUsed.value = !evenUsed.value;
            }}
          />
          <span>{say.evenUsed}</span>
        </label>
      ) : null}
      {before.value ? (
        <Notice
          tone="warn"
          icon="alert"
          title={say.again(money(before.value.amount, before.value))}
          reason="REFUNDED_ALREADY"
        />
      ) : null}
      <div class="confirm-actions">
        <button
          type="button"
          class="plain"
          disabled={busy}
          onClick={() => (before.value ? onDone(before.value) : onClose())}
        >
          {before.value ? say.close : words.value.cancelNo}
        </button>
        <button
          type="button"
          class="danger"
          data-action="refund"
          disabled={busy || before.value !== null || !preview.value?.possible}
          onClick={() => void giveBack()}
        >
          {busy ? say.working : say.yes}
        </button>
      </div>
    </dialog>
  );
}

interface PreviewProps {
  order: Order;
  preview: RefundPreview | null;
  asking: boolean;
}

function Preview({ order, preview, asking }: PreviewProps) {
  const say = payWords.value;
  const { previewing, notPossible, used, usedText, usedAlone } = refundWords.value;
  if (!preview) return <p class="soft">{asking ? previewing : ''}</p>;
  if (preview.reason === 'TICKET_USED') {
    const names = order.tickets
      .filter(({ seat }) => preview.usedSeats.includes(seat))
      .map(({ label }) => seatName(label));
    const text = order.tickets.length > 1 ? usedText(names.join(' · ')) : usedAlone;
    return <Notice tone="warn" icon="alert" title={used} text={text} reason="TICKET_USED" />;
  }
  if (!preview.possible) return <Notice tone="warn" icon="alert" title={notPossible} />;
  const { refund, charge, steps } = preview;
  return (
    <>
      <dl class="refund-sums">
        <div>
          <dt>{say.youGet}</dt>
          <dd class="numeric refund-sum">{money(refund, preview)}</dd>
        </div>
        <div>
          <dt>{say.kept}</dt>
          <dd class="numeric">{money(charge, preview)}</dd>
        </div>
      </dl>
      {steps.length > 1 ? <RefundTable steps={steps} priced={preview} /> : null}
    </>
  );
}
