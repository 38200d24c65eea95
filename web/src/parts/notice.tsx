import type { ComponentChildren } from 'preact';
import type { Failure } from '../api/failure';
import { words } from '../i18n/words';
import { Icon, type IconName } from './icon';

interface NoticeProps {
  tone: 'plain' | 'bad' | 'warn';
  icon: IconName;
  title: string;
  text?: string;
  reason?: string;
  children?: ComponentChildren;
  dismiss?: { label: string; run(): void };
}

/** Something the reader must know, and what they can do about it. */
export function Notice({ tone, icon, title, text, reason, children, dismiss }: NoticeProps) {
  return (
    <div
      class={`notice notice-${tone}`}
      role={tone === 'bad' ? 'alert' : 'status'}
      data-reason={reason}
    >
      <Icon name={icon} />
      <div class="notice-body">
        <strong>{title}</strong>
        {text ? <p>{text}</p> : null}
        {children ? <div class="notice-actions">{children}</div> : null}
      </div>
      {dismiss ? (
        <button type="button" class="quiet" aria-label={dismiss.label} onClick={dismiss.run}>
          <Icon name="close" />
        </button>
      ) : null}
    </div>
  );
}

/** Why the last thing did not work. */
export function Failed({ failure }: { failure: Failure | null }) {
  if (!failure) return null;
  const { title, text } = words.value.failures[failure.reason];
  const icon = failure.reason === 'OFFLINE' ? 'offline' : 'alert';
  return <Notice tone="bad" icon={icon} title={title(0)} text={text} reason={failure.reason} />;
}
