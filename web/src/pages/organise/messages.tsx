import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { newKey } from '../../api/key';
import { orderDesk } from '../../api/organise';
import type { BuyerMessage } from '../../gen/usher/v1/door_manage_pb';
import type { Performance } from '../../gen/usher/v1/ticket_pb';
import { count, date, gradeName } from '../../i18n/format';
import { messageWords } from '../../i18n/messages';
import { language } from '../../i18n/words';
import { Confirm } from '../../parts/confirm';
import { announce } from '../../state/announce';
import { again, options, Task } from '../../state/organise';
import { Check, Choice, Line, Refusal, TextArea } from './form';

const list_ms = 5_000;
const text_max = 4_000;
const everybody = 'all';

/** What an organiser has to say to who bought tickets, and what was said. */
export function Messages({ performance }: { performance: Performance }) {
  const say = messageWords.value;
  const { performanceId } = performance;
  const task = useMemo(() => new Task(), [performanceId]);
  const list = useSignal<BuyerMessage[]>([]);
  const whom = useSignal(everybody);
  const absent = useSignal(false);
  const english = { subject: useSignal(''), text: useSignal('') };
  const korean = { subject: useSignal(''), text: useSignal('') };
  const reach = useSignal<number | null>(null);
  const asking = useSignal(false);
  const nonce = useSignal('');
  const load = async () => {
    list.value = (await orderDesk.listBuyerMessages({ performanceId }, options)).messages;
  };
  useEffect(() => again(() => load().catch(() => undefined), list_ms), [performanceId]);
  const wish = () => ({
    performanceId,
    categoryChoice:
      whom.value === everybody
        ? { case: undefined }
        : { case: 'category' as const, value: Number(whom.value) },
    absent: absent.value,
  });
  const look = () =>
    task.do(async () => {
      reach.value = (await orderDesk.messageBuyers({ ...wish(), dryRun: true }, options)).addresses;
    });
  const send = async () => {
    const done = await task.do(async () => {
      await orderDesk.messageBuyers(
        {
          ...wish(),
          english: { subject: english.subject.value.trim(), text: english.text.value.trim() },
          korean: { subject: korean.subject.value.trim(), text: korean.text.value.trim() },
          nonce: nonce.value,
        },
        options,
      );
      await load();
    });
    asking.value = false;
    if (!done) return;
    for (const one of [english.subject, english.text, korean.subject, korean.text]) one.value = '';
    reach.value = null;
    announce(messageWords.peek().sent);
  };
  const written = [english.subject, english.text, korean.subject, korean.text].every((one) =>
    one.value.trim(),
  );
  return (
    <section class="card org-order" aria-labelledby="messages-title">
      <h2 id="messages-title">{say.title}</h2>
      <p class="soft">{say.text}</p>
      <form
        class="org-order"
        noValidate
        aria-label={say.title}
        onSubmit={(event) => {
          event.preventDefault();
          void look();
        }}
      >
        <Choice
          label={say.whom}
          name="message-whom"
          value={whom.value}
          options={[
            [everybody, say.everybody],
            ...(performance.hall?.categories ?? []).map(
              ({ name }, index) => [String(index), gradeName(name)] as const,
            ),
          ]}
          onChange={(value) => {
            whom.value = value;
            reach.value = null;
          }}
        />
        <Check
          name="message-absent"
          checked={absent.value}
          onChange={(checked) => {
            absent.value = checked;
            reach.value = null;
          }}
        >
          {say.absent}
        </Check>
        {(
          [
            ['korean', korean, say.koreanSubject, say.koreanText],
            ['english', english, say.englishSubject, say.englishText],
          ] as const
        ).map(([name, one, subject, text]) => (
          <div key={name} class="org-order">
            <Line
              label={subject}
              name={`message-${name}-subject`}
              value={one.subject.value}
              onInput={(value) => {
                one.subject.value = value;
              }}
            />
            <TextArea
              label={text}
              name={`message-${name}-text`}
              max={text_max}
              value={one.text.value}
              onInput={(value) => {
                one.text.value = value;
              }}
            />
          </div>
        ))}
        <p class="org-actions">
          <button type="submit" class="plain" data-action="message-look" disabled={task.busy.value}>
            {say.look}
          </button>
          {reach.value ? (
            <button
              type="button"
              class="primary"
              data-action="message-send"
              disabled={task.busy.value || !written}
              onClick={() => {
                nonce.value = newKey();
                asking.value = true;
              }}
            >
              {say.send}
            </button>
          ) : null}
        </p>
      </form>
      <output data-reach={reach.value ?? ''}>
        {reach.value === null ? '' : say.reaches(count(reach.value), reach.value === 1)}
      </output>
      <Refusal task={task} />
      {asking.value ? (
        <Confirm
          question={say.sure(count(reach.value ?? 0))}
          hint={say.sureText}
          yes={say.send}
          no={say.no}
          busy={task.busy.value}
          onNo={() => {
            asking.value = false;
          }}
          onYes={() => void send()}
        />
      ) : null}
      <ul class="org-notes">
        {list.value.map((message) => (
          <li key={String(message.messageId)} data-message={message.done ? 'done' : 'going'}>
            <p>{(language.value === 'ko' ? message.korean : message.english)?.subject}</p>
            <small class="soft">
              {date(message.createdAtMs, 'short')} ·{' '}
              {message.done
                ? say.done(count(message.mails))
                : say.going(count(message.mails), count(message.addresses))}
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}
