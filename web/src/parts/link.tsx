import type { Link } from '../api/watch';
import { words } from '../i18n/words';

/** Whether what is shown is live. */
export function LinkState({ link }: { link: Link }) {
  const say = words.value;
  const text = { live: say.linkLive, connecting: say.linkConnecting, lost: say.linkLost }[link];
  return (
    <output class={`link link-${link}`}>
      <span class="link-dot" aria-hidden="true" />
      {text}
    </output>
  );
}
