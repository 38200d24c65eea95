import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import '../style/account.css';
import { signIn } from '../api/client';
import { serverClock } from '../api/clock';
import { accountWords } from '../i18n/account';
import { words } from '../i18n/words';
import { Field, toFirstWrong } from '../parts/field';
import { Failed, Notice } from '../parts/notice';
import { Password } from '../parts/password';
import { Providers } from '../parts/providers';
import { logIn } from '../state/account';
import { isEmail } from '../state/checks';
import { Deed } from '../state/deed';
import { holdsAnything } from '../state/kept';
import { go, paths } from '../state/route';
import { storage } from '../state/storage';

interface FormCardProps {
  title: string;
  text?: string;
  deed: Deed;
  action: string;
  busy: string;
  foot?: ComponentChildren;
  children: ComponentChildren;
  onSubmit(form: HTMLFormElement): void;
}

/** A form that stands alone on its page. */
export function FormCard({
  title,
  text,
  deed,
  action,
  busy,
  foot,
  children,
  onSubmit,
}: FormCardProps) {
  useEffect(() => {
    document.title = `${title} · Usher`;
  }, [title]);
  return (
    <section class="form-page">
      <h1>{title}</h1>
      {text ? <p class="soft">{text}</p> : null}
      <form
        class="card form-card"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit(event.currentTarget);
        }}
      >
        <Failed failure={deed.failure.value} />
        {children}
        <button type="submit" class="primary wide" data-action="submit" disabled={deed.busy.value}>
          {deed.busy.value ? busy : action}
        </button>
      </form>
      {foot ? <div class="form-foot">{foot}</div> : null}
    </section>
  );
}

/** The six digits of an authenticator, or a recovery code; label: where it is the digits alone. */
export function FactorField({ digits, label }: { digits: Signal<string>; label?: string }) {
  return (
    <Field
      label={label ?? accountWords.value.secondFactor}
      name="second-factor"
      autocomplete="one-time-code"
      inputMode="numeric"
      maxLength={14}
      value={digits.value}
      onInput={(value) => {
        digits.value = value;
      }}
    />
  );
}

export function SignInPage({ next }: { next: string }) {
  const say = accountWords.value;
  const deed = useMemo(() => new Deed(), []);
  const email = useSignal('');
  const password = useSignal('');
  const digits = useSignal('');
  const tried = useSignal(false);
  const ended = useRef(signIn.ended.peek());
  const submit = async (form: HTMLFormElement) => {
    tried.value = true;
    if (!isEmail(email.value) || !password.value) return toFirstWrong(form);
    if (await deed.do(() => logIn(email.value.trim(), password.value, digits.value)))
      go(next, true);
  };
  return (
    <FormCard
      title={say.signInTitle}
      deed={deed}
      action={say.signInAction}
      busy={say.signingIn}
      onSubmit={(form) => void submit(form)}
      foot={
        <>
          <Providers deed={deed} next={next} />
          <p>
            <a class="link-text" href={paths.reset(next)}>
              {say.forgot}
            </a>
          </p>
          <p>
            {say.noAccount}{' '}
            <a class="link-text" href={paths.register(next)}>
              {say.registerTitle}
            </a>
          </p>
        </>
      }
    >
      {ended.current ? (
        <Notice
          tone="warn"
          icon="person"
          title={words.value.failures.SESSION_ENDED.title()}
          text={say.endedText}
        />
      ) : null}
      {holdsAnything(storage, serverClock.now()) ? (
        <Notice tone="warn" icon="clock" title={words.value.seeHeld} text={say.heldText} />
      ) : null}
      <Field
        label={say.email}
        name="email"
        type="email"
        inputMode="email"
        autocomplete="username"
        value={email.value}
        wrong={tried.value && !isEmail(email.value) ? words.value.badEmail : ''}
        onInput={(value) => {
          email.value = value;
        }}
      />
      <Password
        label={say.password}
        value={password.value}
        wrong={tried.value && !password.value ? words.value.fillIn : ''}
        onInput={(value) => {
          password.value = value;
        }}
      />
      {digits.value || deed.failure.value?.reason === 'SECOND_FACTOR_NEEDED' ? (
        <FactorField digits={digits} />
      ) : null}
    </FormCard>
  );
}
