import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call_ms, nameless } from '../api/client';
import { createClient } from '../api/connect';
import { persist } from '../api/retry';
import { TicketService, type Notice as Told } from '../gen/usher/v1/ticket_notice_pb';
import { language } from '../i18n/words';
import { announce } from '../state/announce';
import { Notice } from './notice';

const notices = createClient(TicketService, nameless);

/** What the organiser has to say to everybody just now, seen and read aloud. */
export function Said({ id }: { id: bigint }) {
  const told = useSignal<Told | null>(null);
  useEffect(() => {
    const gone = new AbortController();
    const { signal } = gone;
    void persist(() => notices.getNotice({ noticeId: id }, { signal, timeoutMs: call_ms })).then(
      (notice) => {
        if (!signal.aborted) told.value = notice;
      },
      () => undefined, // it was taken away, or the page is
    );
    return () => gone.abort();
  }, [id]);
  const notice = told.value;
  const words = language.value === 'ko' ? notice?.korean : notice?.english;
  useEffect(() => {
    if (words) announce(`${words.subject}. ${words.text}`);
  }, [words]);
  if (!notice || !words || notice.noticeId !== id) return null;
  return (
    <div class="said" data-notice={String(id)}>
      <Notice
        tone={notice.stopped ? 'warn' : 'plain'}
        icon={notice.stopped ? 'pause' : 'alert'}
        title={words.subject}
        text={words.text}
      />
    </div>
  );
}
