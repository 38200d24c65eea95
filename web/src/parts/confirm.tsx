import '../style/confirm.css';
import { useEffect, useRef } from 'preact/hooks';

interface ConfirmProps {
  question: string;
  hint: string;
  yes: string;
  no: string;
  busy: boolean;
  onYes(): void;
  onNo(): void;
}

/** Asks before what can't be undone. */
export function Confirm({ question, hint, yes, no, busy, onYes, onNo }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close(); // gives the focus back to what has asked
  }, []);
  return (
    <dialog
      ref={dialog}
      class="confirm"
      aria-labelledby="confirm-question"
      onCancel={(event) => {
        event.preventDefault();
        if (!busy) onNo();
      }}
    >
      <h2 id="confirm-question">{question}</h2>
      <p>{hint}</p>
      <div class="confirm-actions">
        <button type="button" class="plain" disabled={busy} onClick={onNo}>
          {no}
        </button>
        <button type="button" class="danger" disabled={busy} onClick={onYes}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
