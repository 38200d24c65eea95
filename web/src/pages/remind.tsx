import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { signIn } from '../api/client';
import { accountWords } from '../i18n/account';
import { remindWords } from '../i18n/remind';
import { words } from '../i18n/words';
import { Field, toFirstWrong } from '../parts/field';
import { Failed } from '../parts/notice';
import { announce } from '../state/announce';
import { isEmail } from '../state/checks';
import { Deed } from '../state/deed';
import {
  cancelReminder,
  confirmReminder,
  loadReminders,
  reminders,
  requestReminder,
} from '../state/reminders';

/** "Tell me when it opens": at once for an account, by a mailed code for everybody else. */
export function Remind({ eventId }: { eventId: number }) {
  const say = remindWords.value;
  const deed = useMemo(() => new Deed(), []);
  const asking = useSignal(false);
  const who = signIn.who.value;
  useEffect(() => {
    void loadReminders().catch(() => undefined);
  }, [who]);
  const own = reminders.value.get(eventId);
  const begin = () => {
    if (who) void deed.do(async () => void (await requestReminder(eventId, '')));
    else asking.value = true;
  };
  if (own) {
    return (
      <div class="remind" data-remind="asked">
        <p>{say.done(own.email, Math.round(own.beforeMs / 60_000))}</p>
        <Failed failure={deed.failure.value} />
        <button
          type="button"
          class="plain"
          data-action="remind-not"
          disabled={deed.busy.value}
          onClick={() => void deed.do(() => cancelReminder(eventId))}
        >
          {deed.busy.value ? say.working : say.cancel}
        </button>
      </div>
    );
  }
  if (asking.value) {
    return (
      <ByMail
        eventId={eventId}
        onDone={() => {
          asking.value = false;
        }}
      />
    );
  }
  return (
    <div class="remind">
      <Failed failure={deed.failure.value} />
      <button
        type="button"
        class="plain"
        data-action="remind"
        disabled={deed.busy.value}
        onClick={begin}
      >
        {deed.busy.value ? say.working : say.action}
      </button>
    </div>
  );
}

/** An address, and then the code that has gone there. */
function ByMail({ eventId, onDone }: { eventId: number; onDone(): void }) {
  const say = remindWords.value;
  const deed = useMemo(() => new Deed(), []);
  const email = useSignal('');
  const code = useSignal('');
  const requestId = useSignal('');
  const tried = useSignal(false);
  const bad = tried.value && !isEmail(email.value);
  const submit = async (form: HTMLFormElement) => {
    tried.value = true;
    if (!isEmail(email.value)) return toFirstWrong(form);
    const address = email.value.trim();
    if (requestId.value) {
      if (await deed.do(() => confirmReminder(requestId.value, code.value))) onDone();
      return;
    }
    const ask = async () => {
      requestId.value = await requestReminder(eventId, address);
    };
    if (await deed.do(ask)) announce(say.codeText(address));
  };
  const sent = requestId.value !== '';
  return (
    <form
      class="card remind remind-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit(event.currentTarget);
      }}
    >
      <p class="soft">{sent ? say.codeText(email.value.trim()) : say.text}</p>
      <Failed failure={deed.failure.value} />
      {sent ? (
        <Field
          label={accountWords.value.code}
          name="code"
          autocomplete="one-time-code"
          inputMode="numeric"
          maxLength={12}
          value={code.value}
          onInput={(value) => {
            code.value = value;
          }}
        />
      ) : (
        <Field
          label={say.email}
          name="email"
          type="email"
          inputMode="email"
          autocomplete="email"
          value={email.value}
          wrong={bad ? words.value.badEmail : ''}
          onInput={(value) => {
            email.value = value;
          }}
        />
      )}
      <button
        type="submit"
        class="primary wide"
        data-action="remind-send"
        disabled={deed.busy.value}
      >
        {deed.busy.value ? say.working : sent ? say.confirm : say.send}
      </button>
      {sent ? (
        <button
          type="button"
          class="plain"
          onClick={() => {
            requestId.value = '';
          }}
        >
          {say.otherEmail}
        </button>
      ) : null}
    </form>
  );
}
