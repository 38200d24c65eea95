import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { newKey } from '../../api/key';
import { ticketDesk } from '../../api/organise';
import { type Performance, SaleState } from '../../gen/usher/v1/ticket_pb';
import { announceWords } from '../../i18n/announce';
import { Confirm } from '../../parts/confirm';
import { Said } from '../../parts/said';
import { announce } from '../../state/announce';
import { options, Task } from '../../state/organise';
import { Check, Line, Refusal, TextArea } from './form';

const text_max = 500;

interface AnnouncerProps {
  performance: Performance;
  state: SaleState;
  onDone(): void;
}

/** Words for everybody in front of a sale, and the emergency stop: one act each. */
export function Announcer({ performance, state, onDone }: AnnouncerProps) {
  const say = announceWords.value;
  const { performanceId, eventId, noticeId } = performance;
  const task = useMemo(() => new Task(), [performanceId]);
  const [koreanSubject, englishSubject] = [
    useSignal(say.subjects[0] ?? ''),
    useSignal(say.subjects[1] ?? ''),
  ];
  const [koreanText, englishText] = [useSignal(say.texts[0] ?? ''), useSignal(say.texts[1] ?? '')];
  const all = useSignal(false);
  const mail = useSignal(false);
  const asking = useSignal<'stop' | 'only' | null>(null);
  const nonce = useSignal('');
  const unsent = useSignal(false);
  const performanceIds = () => (all.value ? [] : [performanceId]);
  const tell = async () => {
    const stop = asking.value === 'stop';
    const done = await task.do(async () => {
      const { mailed } = await ticketDesk.announce(
        {
          eventId,
          performanceIds: performanceIds(),
          korean: { subject: koreanSubject.value.trim(), text: koreanText.value.trim() },
          english: { subject: englishSubject.value.trim(), text: englishText.value.trim() },
          stop,
          mail: mail.value,
          nonce: nonce.value,
        },
        options,
      );
      unsent.value = mail.value && mailed === 0;
    });
    asking.value = null;
    if (!done) return;
    announce(stop ? say.stopped : say.announced);
    onDone();
  };
  const end = async () => {
    const done = await task.do(async () => {
      await ticketDesk.endNotice({ eventId, performanceIds: performanceIds() }, options);
    });
    if (!done) return;
    announce(state === SaleState.PAUSED ? say.again : say.away);
    onDone();
  };
  const ask = (what: 'stop' | 'only') => {
    nonce.value = newKey();
    asking.value = what;
  };
  const written = [koreanSubject, koreanText, englishSubject, englishText].every((one) =>
    one.value.trim(),
  );
  const paused = state === SaleState.PAUSED;
  return (
    <section class="card org-order" aria-labelledby="announce-title" data-standing={noticeId > 0n}>
      <h2 id="announce-title">{say.title}</h2>
      <p class="soft">{say.text}</p>
      {noticeId > 0n ? (
        <>
          <p>{paused ? say.standingStopped : say.standing}</p>
          <Said id={noticeId} />
          <p class="org-actions">
            <button
              type="button"
              class="primary"
              data-action="notice-end"
              disabled={task.busy.value}
              onClick={() => void end()}
            >
              {paused ? say.goOn : say.takeAway}
            </button>
          </p>
        </>
      ) : null}
      {(
        [
          ['korean', koreanSubject, koreanText, say.koreanSubject, say.koreanText],
          ['english', englishSubject, englishText, say.englishSubject, say.englishText],
        ] as const
      ).map(([name, subject, text, subjectLabel, textLabel]) => (
        <div key={name} class="org-order">
          <Line
            label={subjectLabel}
            name={`announce-${name}-subject`}
            value={subject.value}
            onInput={(value) => {
              subject.value = value;
            }}
          />
          <TextArea
            label={textLabel}
            name={`announce-${name}-text`}
            max={text_max}
            value={text.value}
            onInput={(value) => {
              text.value = value;
            }}
          />
        </div>
      ))}
      <Check
        name="announce-all"
        checked={all.value}
        onChange={(checked) => {
          all.value = checked;
        }}
      >
        {say.allDates}
      </Check>
      <Check
        name="announce-mail"
        checked={mail.value}
        onChange={(checked) => {
          mail.value = checked;
        }}
      >
        {say.mail}
      </Check>
      <p class="org-actions">
        <button
          type="button"
          class="danger"
          data-action="stop-sale"
          disabled={task.busy.value || !written}
          onClick={() => ask('stop')}
        >
          {say.stop}
        </button>
        <button
          type="button"
          class="plain"
          data-action="announce"
          disabled={task.busy.value || !written}
          onClick={() => ask('only')}
        >
          {say.only}
        </button>
      </p>
      {unsent.value ? <p class="soft">{say.notMailed}</p> : null}
      <Refusal task={task} />
      {asking.value ? (
        <Confirm
          question={asking.value === 'stop' ? say.sure : say.sureOnly}
          hint={asking.value === 'stop' ? say.sureText : say.sureOnlyText}
          yes={asking.value === 'stop' ? say.stop : say.only}
          no={say.no}
          busy={task.busy.value}
          onNo={() => {
            asking.value = null;
          }}
          onYes={() => void tell()}
        />
      ) : null}
    </section>
  );
}
