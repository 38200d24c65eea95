import { useSignal } from '@preact/signals';
import { accountWords } from '../i18n/account';
import { Field } from './field';
import { Icon } from './icon';

interface PasswordProps {
  label: string;
  value: string;
  fresh?: boolean; // one that is chosen now
  wrong?: string;
  name?: string;
  onInput(value: string): void;
}

export function Password({
  label,
  value,
  fresh = false,
  wrong = '',
  name = 'password',
  onInput,
}: PasswordProps) {
  const say = accountWords.value;
  const shown = useSignal(false);
  return (
    <Field
      label={label}
      name={name}
      value={value}
      type={shown.value ? 'text' : 'password'}
      autocomplete={fresh ? 'new-password' : 'current-password'}
      maxLength={256}
      hint={fresh ? say.passwordHint : undefined}
      wrong={wrong}
      onInput={onInput}
    >
      <button
        type="button"
        class="quiet field-eye"
        aria-label={shown.value ? say.hide : say.show}
        onClick={() => {
          shown.value = !shown.value;
        }}
      >
        <Icon name={shown.value ? 'unseen' : 'eye'} />
      </button>
    </Field>
  );
}
