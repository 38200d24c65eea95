import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { accountWords } from '../i18n/account';
import { words } from '../i18n/words';
import { Field, toFirstWrong } from '../parts/field';
import { Password } from '../parts/password';
import { requestReset, resetPassword } from '../state/account';
import { isEmail } from '../state/checks';
import { Deed } from '../state/deed';
import { go, paths } from '../state/route';
import { CodeField, CodeStep } from './code';
import { FactorField, FormCard } from './signin';

export function ResetPage({ next }: { next: string }) {
  const say = accountWords.value;
  const deed = useMemo(() => new Deed(), []);
  const email = useSignal('');
  const tried = useSignal(false);
  const requestId = useSignal('');
  const code = useSignal('');
  const password = useSignal('');
  const digits = useSignal('');
  const ask = async () => {
    requestId.value = await requestReset(email.value.trim());
  };
  const submit = (form: HTMLFormElement) => {
    tried.value = true;
    if (!isEmail(email.value)) return toFirstWrong(form);
    void deed.do(ask);
  };
  const set = async () => {
    const act = () =>
      resetPassword(email.value.trim(), code.value, password.value, requestId.value, digits.value);
    if (await deed.do(act)) go(next, true);
  };
  if (requestId.value) {
    return (
      <CodeStep
        deed={deed}
        email={email.value}
        action={say.setAction}
        onAgain={ask}
        onSubmit={() => void set()}
      >
        <CodeField code={code} />
        <Password
          label={say.newPassword}
          fresh
          value={password.value}
          onInput={(value) => {
            password.value = value;
          }}
        />
        {digits.value || deed.failure.value?.reason === 'SECOND_FACTOR_NEEDED' ? (
          <FactorField digits={digits} />
        ) : null}
      </CodeStep>
    );
  }
  return (
    <FormCard
      title={say.resetTitle}
      text={say.resetText}
      deed={deed}
      action={say.resetAction}
      busy={say.sending}
      onSubmit={submit}
      foot={
        <p>
          <a class="link-text" href={paths.signIn(next)}>
            {say.signInTitle}
          </a>
        </p>
      }
    >
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
    </FormCard>
  );
}
