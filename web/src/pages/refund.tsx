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
import { words } from '../i18n/words';
import { Failed, Notice } from '../parts/notice';
import { RefundTable } from '../parts/refundtable';
import { Deed } from '../state/deed';

interface RefundDialogProps {
  order: Order;
  onClose(): void;
  onDone(refund: Refund): void;
}

/** Gives tickets back: which, what would be returned now, and from when it is less. */
export function RefundDialog({ order, onClose, onDone }: RefundDialogProps) {
  const say = payWords.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const deed = useMemo(() => new Deed(), []);
  const look = useMemo(() => new Deed(), []);
  const key = useMemo(newKey, []);
  const chosen = useSignal(order.tickets.map(({ seat }) => seat));
  const preview = useSignal<RefundPreview | null>(null);
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
        till.previewRefund({ orderId, seats }, { timeoutMs: call_ms }),
      );
      if (wanted) preview.value = found;
    });
    return () => {
      wanted = false;
    };
  }, [chosen.value]);
  const giveBack = async () => {
    const expectedRefund = preview.value?.refund ?? 0n;
    const request = {
      orderId,
      seats,
      idempotencyKey: `${key} ${seats.join(' ')}`.slice(0, 64),
      expectedRefund,
    };
    await deed.do(async () => {
      onDone(await persist(() => till.refundOrder(request, { timeoutMs: call_ms })));
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
      <h2 id="refund-title">{say.giveBackTitle}</h2>
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
      <Preview preview={preview.value} asking={look.busy.value} />
      <div class="confirm-actions">
        <button type="button" class="plain" disabled={busy} onClick={onClose}>
          {words.value.cancelNo}
        </button>
        <button
          type="button"
          class="danger"
          data-action="refund"
          disabled={busy || !preview.value?.possible}
          onClick={() => void giveBack()}
        >
          {busy ? say.givingBack : say.giveBackYes}
        </button>
      </div>
    </dialog>
  );
}

function Preview({ preview, asking }: { preview: RefundPreview | null; asking: boolean }) {
  const say = payWords.value;
  if (!preview) return <p class="soft">{asking ? say.previewing : ''}</p>;
  if (!preview.possible) return <Notice tone="warn" icon="alert" title={say.notPossible} />;
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
