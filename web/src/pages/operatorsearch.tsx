// A part of the operator's page that searches: a field, a button, what went wrong, and what was found.

import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { ConnectError } from '../api/connect';
import { operatorWords } from '../i18n/operator';
import { Field } from '../parts/field';
import { Icon } from '../parts/icon';

export function Search(props: {
  part: string;
  title: string;
  label: string;
  /** Of the field. */
  name: string;
  action: string;
  text: Signal<string>;
  /** Asks; what it throws is said. */
  search(): Promise<void>;
  /** Between the field and the button. */
  more?: ComponentChildren;
  /** What was found. */
  children: ComponentChildren;
}) {
  const failed = useSignal('');
  const search = async () => {
    try {
      await props.search();
      failed.value = '';
    } catch (cause) {
      failed.value = ConnectError.from(cause).message;
    }
  };
  return (
    <section class="board-part" data-part={props.part}>
      <h2>{props.title}</h2>
      <form
        class="board-search"
        onSubmit={(event) => {
          event.preventDefault();
          void search();
        }}
      >
        <Field
          label={props.label}
          name={props.name}
          value={props.text.value}
          onInput={(value) => {
            props.text.value = value;
          }}
        />
        {props.more}
        <button type="submit" class="plain" data-action={props.action}>
          <Icon name="search" />
          {operatorWords.value.search}
        </button>
      </form>
      {failed.value ? (
        <p class="board-found" role="alert">
          {failed.value}
        </p>
      ) : null}
      {props.children}
    </section>
  );
}
