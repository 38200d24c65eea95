import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { failure } from '../api/failure';
import { words } from '../i18n/words';
import { Trouble } from './trouble';

/** A part of the page that is loaded when it is first wanted. */
export function Later<P extends object>({
  load,
  props,
}: {
  load: () => Promise<ComponentType<P>>;
  props: P;
}) {
  const part = useSignal<{ Part: ComponentType<P>; by: typeof load } | null>(null);
  const lost = useSignal(false);
  const fetch = () => {
    lost.value = false;
    load().then(
      (Part) => {
        part.value = { Part, by: load };
      },
      () => {
        lost.value = true;
      },
    );
  };
  useEffect(fetch, [load]);
  // What was loaded for another page must not get this one's props.
  if (part.value?.by === load) return <part.value.Part {...props} />;
  if (lost.value) return <Trouble failure={failure('OFFLINE')} retry={fetch} />;
  return <p class="loading">{words.value.loading}</p>;
}
