import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { newKey } from '../../api/key';
import { orderDesk } from '../../api/organise';
import type { OrderNote } from '../../gen/usher/v1/door_manage_pb';
import { date } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { options, Task } from '../../state/organise';
import { Line, Refusal, TextArea } from './form';

const note_max = 1_000;

/** What the team wrote on an order, and room for the next note. */
export function Notes({ orderId, notes }: { orderId: string; notes: OrderNote[] }) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const added = useSignal<OrderNote[]>([]);
  const writing = useSignal(false);
  const text = useSignal('');
  const nonce = useSignal('');
  const told = added.value.length > notes.length ? added.value : notes;
  const open = () => {
    text.value = '';
    nonce.value = newKey();
    writing.value = true;
  };
  const add = () =>
    task.do(async () => {
      const wish = { orderId, text: text.value.trim(), nonce: nonce.value };
      added.value = (await orderDesk.addOrderNote(wish, options)).notes;
      writing.value = false;
    });
  return (
    <section class="org-notes" aria-label={say.notes}>
      {told.length > 0 ? (
        <ul>
          {told.map((note) => (
            <li key={note.number} data-note={note.number}>
              <p>{note.text}</p>
              <small class="soft">
                {note.authorEmail || (note.authorId ? say.noteGone : say.operatorKey)} ·{' '}
                {date(note.createdAtMs, 'short')}
              </small>
            </li>
          ))}
        </ul>
      ) : null}
      <Refusal task={task} />
      {writing.value ? (
        <form
          class="org-order"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (text.value.trim()) void add();
          }}
        >
          <TextArea
            label={say.noteText}
            name="note"
            rows={3}
            max={note_max}
            value={text.value}
            onInput={(value) => {
              text.value = value;
            }}
          />
          <p class="org-actions">
            <button
              type="submit"
              class="primary"
              data-action="note-save"
              disabled={task.busy.value || !text.value.trim()}
            >
              {say.noteSave}
            </button>
            <button
              type="button"
              class="plain"
              onClick={() => {
                writing.value = false;
              }}
            >
              {say.editNo}
            </button>
          </p>
        </form>
      ) : (
        <button type="button" class="quiet" data-action="note" onClick={open}>
          {say.noteAdd}
        </button>
      )}
    </section>
  );
}

interface EditProps {
  orderId: string;
  name: string;
  phone: string;
  onDone(): void;
}

/** Whom the tickets are for, and the telephone number, put right. */
export function EditContact({ orderId, name, phone, onDone }: EditProps) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const editing = useSignal(false);
  const newName = useSignal(name);
  const newPhone = useSignal(phone);
  const save = async () => {
    const done = await task.do(async () => {
      await orderDesk.editContact(
        {
          orderId,
          nameChoice: { case: 'name', value: newName.value.trim() },
          phoneChoice: { case: 'phone', value: newPhone.value.trim() },
        },
        options,
      );
    });
    if (!done) return;
    editing.value = false;
    onDone();
  };
  if (!editing.value) {
    return (
      <button
        type="button"
        class="quiet"
        data-action="edit-contact"
        onClick={() => {
          newName.value = name;
          newPhone.value = phone;
          editing.value = true;
        }}
      >
        {say.editContact}
      </button>
    );
  }
  return (
    <form
      class="org-order"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (newName.value.trim()) void save();
      }}
    >
      <Refusal task={task} />
      <Line
        label={say.editName}
        name="contact-name"
        hint={say.editNameHint}
        value={newName.value}
        onInput={(value) => {
          newName.value = value;
        }}
      />
      <Line
        label={say.editPhone}
        name="contact-phone"
        value={newPhone.value}
        onInput={(value) => {
          newPhone.value = value;
        }}
      />
      <p class="org-actions">
        <button
          type="submit"
          class="primary"
          data-action="contact-save"
          disabled={task.busy.value || !newName.value.trim()}
        >
          {say.editSave}
        </button>
        <button
          type="button"
          class="plain"
          onClick={() => {
            editing.value = false;
          }}
        >
          {say.editNo}
        </button>
      </p>
    </form>
  );
}
