import { useEffect, useRef } from 'preact/hooks';
import { type Failure, mayRetry } from '../api/failure';
import { backoffMs } from '../api/retry';
import { words } from '../i18n/words';
import { Icon } from './icon';

const backoff_step = 4; // asks again by itself every 2.4 to 4.8 s: a crowd before a server that comes back is many

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
  const asked = useRef(retry);
  asked.current = retry;
  useEffect(() => {
    if (!mayRetry(failure.reason)) return;
    const timer = setTimeout(() => asked.current?.(), backoffMs(backoff_step));
    return () => clearTimeout(timer);
  }, [failure]);
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
