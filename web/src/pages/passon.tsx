import '../style/confirm.css';
import '../style/orders.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { call_ms } from '../api/client';
import { door } from '../api/door';
import { persist } from '../api/retry';
import type { Order, Ticket } from '../gen/usher/v1/ticket_pb';
import { seatName } from '../i18n/format';
import { passWords } from '../i18n/passon';
import { language, words } from '../i18n/words';
import { Field, toFirstWrong } from '../parts/field';
import { Failed } from '../parts/notice';
import { isEmail } from '../state/checks';
import { Deed } from '../state/deed';

interface PassOnProps {
  order: Order;
  ticket: Ticket;
  onClose(): void;
  onDone(to: string): void;
}

/** A ticket becomes a friend's: who, and where the mail goes. One that was passed on is taken back. */
export function PassOn({ order, ticket, onClose, onDone }: PassOnProps) {
  const say = passWords.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const deed = useMemo(() => new Deed(), []);
  const name = useSignal('');
  const email = useSignal('');
  const tried = useSignal(false);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const { orderId } = order;
  const { seat, generation, passedTo } = ticket;
  const options = { timeoutMs: call_ms };
  const passOn = async () => {
    const request = {
      orderId,
      seat,
      generation,
      name: name.value.trim(),
      email: email.value.trim(),
      language: language.value,
    };
    await deed.do(async () => {
      onDone((await persist(() => door.passTicketOn(request, options))).to);
    });
  };
  const takeBack = async () => {
    await deed.do(async () => {
      await persist(() => door.renewTicket({ orderId, seat, generation }, options));
      onDone('');
    });
  };
  const wrong = {
    name: name.value.trim() ? '' : words.value.fillIn,
    email: isEmail(email.value) ? '' : words.value.badEmail,
  };
  const submit = (form: HTMLFormElement) => {
    tried.value = true;
    if (passedTo) void takeBack();
    else if (wrong.name || wrong.email) toFirstWrong(form);
    else void passOn();
  };
  const busy = deed.busy.value;
  return (
    <dialog
      ref={dialog}
      class="confirm"
      aria-labelledby="pass-title"
      onCancel={(event) => {
        event.preventDefault();
        if (!busy) onClose();
      }}
    >
      <form
        class="pass-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit(event.currentTarget);
        }}
      >
        <h2 id="pass-title">{passedTo ? say.backTitle : say.title}</h2>
        <p>
          <strong>{seatName(ticket.label)}</strong>
        </p>
        <p class="soft">{passedTo ? say.backText(passedTo) : say.text}</p>
        {passedTo ? null : (
          <>
            <Field
              label={say.name}
              name="friend"
              autocomplete="off"
              maxLength={33}
              value={name.value}
              wrong={tried.value ? wrong.name : ''}
              onInput={(value) => {
                name.value = value;
              }}
            />
            <Field
              label={say.email}
              name="friend-email"
              type="email"
              inputMode="email"
              value={email.value}
              wrong={tried.value ? wrong.email : ''}
              onInput={(value) => {
                email.value = value;
              }}
            />
          </>
        )}
        <Failed failure={deed.failure.value} />
        <div class="confirm-actions">
          <button type="button" class="plain" disabled={busy} onClick={onClose}>
            {words.value.cancelNo}
          </button>
          <button type="submit" class="primary" data-action="pass-yes" disabled={busy}>
            {busy ? say.working : passedTo ? say.backYes : say.yes}
          </button>
        </div>
      </form>
    </dialog>
  );
}
