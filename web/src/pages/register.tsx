import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { identity } from '../api/client';
import { accountWords } from '../i18n/account';
import { words } from '../i18n/words';
import { Field, toFirstWrong } from '../parts/field';
import { Password } from '../parts/password';
import { Providers } from '../parts/providers';
import { Terms } from '../parts/terms';
import { createAccount, verifyEmail } from '../state/account';
import { isEmail, password_min } from '../state/checks';
import { Deed } from '../state/deed';
import { go, paths } from '../state/route';
import { CodeField, CodeStep } from './code';
import { FormCard } from './signin';

export function RegisterPage({ next }: { next: string }) {
  const say = accountWords.value;
  const deed = useMemo(() => new Deed(), []);
  const email = useSignal('');
  const password = useSignal('');
  const name = useSignal('');
  const terms = useSignal(false);
  const tried = useSignal(false);
  const requestId = useSignal('');
  const code = useSignal('');

  const ask = async () => {
    const wish = { email: email.value.trim(), password: password.value, name: name.value.trim() };
    requestId.value = await createAccount(wish);
  };
  const submit = (form: HTMLFormElement) => {
    tried.value = true;
    const whole =
      isEmail(email.value) &&
      password.value.length >= password_min &&
      name.value.trim() &&
      terms.value;
    if (!whole) return toFirstWrong(form);
    void deed.do(ask);
  };
  const confirm = async () => {
    const act = () => verifyEmail(email.value.trim(), code.value, requestId.value);
    if (await deed.do(act)) go(next, true);
  };

  if (requestId.value) {
    return (
      <CodeStep deed={deed} email={email.value} onAgain={ask} onSubmit={() => void confirm()}>
        <CodeField code={code} />
      </CodeStep>
    );
  }
  return (
    <FormCard
      title={say.registerTitle}
      text={identity.kept() ? `${say.registerText} ${say.guestText}` : say.registerText}
      deed={deed}
      action={say.registerAction}
      busy={say.registering}
      onSubmit={submit}
      foot={
        <>
          <Providers deed={deed} next={next} />
          <p>
            {say.haveAccount}{' '}
            <a class="link-text" href={paths.signIn(next)}>
              {say.signInTitle}
            </a>
          </p>
        </>
      }
    >
      <Field
        label={say.name}
        name="name"
        autocomplete="name"
        value={name.value}
        wrong={tried.value && !name.value.trim() ? words.value.fillIn : ''}
        onInput={(value) => {
          name.value = value;
        }}
      />
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
        fresh
        value={password.value}
        wrong={tried.value && password.value.length < password_min ? say.badPassword : ''}
        onInput={(value) => {
          password.value = value;
        }}
      />
      <Terms terms={terms} tried={tried.value} />
    </FormCard>
  );
}
