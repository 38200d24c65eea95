// What the organiser's forms are made of.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { organiseWords } from '../../i18n/organise';
import { refusals } from '../../i18n/refusals';
import { language, words } from '../../i18n/words';
import { Notice } from '../../parts/notice';
import type { Task } from '../../state/organise';

interface LineProps {
  label: string;
  name: string;
  value: string;
  type?: 'text' | 'email' | 'url' | 'number' | 'datetime-local';
  hint?: string;
  wrong?: string;
  list?: string;
  onInput(value: string): void;
}

export function Line({ label, name, value, type = 'text', hint, wrong, list, onInput }: LineProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type={type}
        value={value}
        list={list}
        maxLength={200}
        autocomplete="off"
        spellcheck={type === 'text'}
        aria-invalid={Boolean(wrong)}
        aria-describedby={hint || wrong ? `${id}-more` : undefined}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      {wrong || hint ? (
        <small id={`${id}-more`} class={wrong ? 'field-bad' : ''}>
          {wrong || hint}
        </small>
      ) : null}
    </div>
  );
}

interface TextProps {
  label: string;
  name: string;
  value: string;
  rows?: number;
  max?: number;
  onInput(value: string): void;
}

export function TextArea({ label, name, value, rows = 5, max = 2_000, onInput }: TextProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        rows={rows}
        maxLength={max}
        value={value}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
    </div>
  );
}

export { Select as Choice } from '../../parts/select';

interface CheckProps {
  name: string;
  checked: boolean;
  children: ComponentChildren;
  onChange(checked: boolean): void;
}

export function Check({ name, checked, children, onChange }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        name={name}
        checked={checked}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      <span>{children}</span>
    </label>
  );
}

/** Why the last thing was refused; the server's own sentence names the field. */
export function Refusal({ task }: { task: Task }) {
  const failure = task.failure.value;
  if (!failure) return null;
  const { title, text } = words.value.failures[failure.reason];
  const offline = failure.reason === 'OFFLINE';
  const plain = language.value === 'ko' ? refusals[task.why.value] : undefined;
  if (plain) return <Notice tone="bad" icon="alert" title={plain} reason={task.why.value} />;
  return (
    <Notice
      tone="bad"
      icon={offline ? 'offline' : 'alert'}
      title={title(0)}
      text={text}
      reason={failure.reason}
    >
      {task.said.value && !offline ? (
        <p class="org-said">
          {organiseWords.value.refusedBecause} <q lang="en">{task.said.value}</q>
        </p>
      ) : null}
    </Notice>
  );
}

interface FormProps {
  id: string;
  title: string;
  text?: string;
  task: Task;
  children: ComponentChildren;
  onSubmit(): void;
}

/** A card with lines to fill in. */
export function FormCard({ id, title, text, task, children, onSubmit }: FormProps) {
  return (
    <form
      class="card org-form"
      data-form={id}
      aria-labelledby={`${id}-title`}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <h2 id={`${id}-title`}>{title}</h2>
      {text ? <p class="soft">{text}</p> : null}
      <Refusal task={task} />
      {children}
    </form>
  );
}
