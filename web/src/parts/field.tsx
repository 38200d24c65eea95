import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  label: string;
  value: string;
  type?: 'text' | 'email' | 'tel' | 'password';
  autocomplete?: string;
  inputMode?: 'text' | 'email' | 'tel' | 'numeric';
  hint?: string | undefined;
  /** What is wrong with it; empty: nothing. */
  wrong?: string;
  name: string;
  maxLength?: number;
  children?: ComponentChildren;
  onInput(value: string): void;
}

/** A line to fill in, with its name above and what is wrong with it below. */
export function Field({
  label,
  value,
  type = 'text',
  autocomplete = 'off',
  inputMode,
  hint,
  wrong = '',
  name,
  maxLength = 200,
  children,
  onInput,
}: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-line">
        <input
          id={id}
          name={name}
          type={type}
          value={value}
          autocomplete={autocomplete as 'on'}
          inputMode={inputMode}
          maxLength={maxLength}
          autocapitalize={type === 'text' ? undefined : 'none'}
          spellcheck={false}
          aria-invalid={wrong !== ''}
          aria-describedby={hint || wrong ? `${id}-more` : undefined}
          onInput={({ currentTarget }) => onInput(currentTarget.value)}
        />
        {children}
      </div>
      {wrong || hint ? (
        <small id={`${id}-more`} class={wrong ? 'field-bad' : ''}>
          {wrong || hint}
        </small>
      ) : null}
    </div>
  );
}

/** Puts the keyboard on the first line of a form that has something wrong. */
export function toFirstWrong(form: HTMLElement | null): void {
  // Asked once the page is drawn anew: only then is it known which lines are wrong.
  setTimeout(() => {
    form?.querySelector<HTMLElement>('[aria-invalid=true], [data-wrong] input')?.focus();
  });
}
