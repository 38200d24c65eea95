import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { accountWords } from '../i18n/account';
import { Field } from '../parts/field';
import { announce } from '../state/announce';
import type { Deed } from '../state/deed';
import { FormCard } from './signin';

export function CodeField({ code }: { code: Signal<string> }) {
  return (
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
  );
}

interface CodeStepProps {
  deed: Deed;
  email: string;
  action?: string;
  children: ComponentChildren;
  onAgain(): Promise<void>;
  onSubmit(): void;
}

/** The second step: a code has gone out by mail, and is typed in here. */
export function CodeStep({ deed, email, action, children, onAgain, onSubmit }: CodeStepProps) {
  const say = accountWords.value;
  const again = async () => {
    if (await deed.do(onAgain)) announce(say.codeSent);
  };
  return (
    <FormCard
      title={say.codeTitle}
      text={say.codeText(email)}
      deed={deed}
      action={action ?? say.codeAction}
      busy={say.confirming}
      onSubmit={onSubmit}
      foot={
        <>
          <p class="hint">{say.codeTest}</p>
          <p>
            <button
              type="button"
              class="plain"
              disabled={deed.busy.value}
              onClick={() => void again()}
            >
              {say.codeAgain}
            </button>
          </p>
        </>
      }
    >
      {children}
    </FormCard>
  );
}
