import { useEffect } from 'preact/hooks';
import type { Failure } from '../api/failure';
import { words } from '../i18n/words';
import { Icon } from './icon';

/** A page that could not be shown. */
export function Trouble({ failure, retry }: { failure: Failure; retry?: () => void }) {
  const say = words.value;
  const { title, text } = say.failures[failure.reason];
  useEffect(() => {
    const before = document.title;
    document.title = `${title(0)} · Usher`;
    return () => {
      document.title = before;
    };
  }, [title]);
  return (
    <section class="trouble" role="alert" data-reason={failure.reason}>
      <Icon name={failure.reason === 'OFFLINE' ? 'offline' : 'alert'} />
      <h1>{title(0)}</h1>
      <p>{text}</p>
      <p class="trouble-actions">
        {retry && failure.reason !== 'NOT_FOUND' ? (
          <button type="button" class="primary" onClick={retry}>
            {say.tryAgain}
          </button>
        ) : null}
        <a class="plain" href="/">
          {say.back}
        </a>
      </p>
    </section>
  );
}
