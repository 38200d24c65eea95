import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import type { WaitingKind, WaitingList } from '../../gen/usher/v1/ticket_manage_pb';
import type { Performance } from '../../gen/usher/v1/ticket_pb';
import { count, gradeName } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { waitingDeskWords } from '../../i18n/waitingdesk';
import type { Plan } from '../../map/plan';
import { announce } from '../../state/announce';
import { again, options, Task } from '../../state/organise';
import { Line, Refusal } from './form';

const minute_ms = 60_000;
const minutes_max = 60;
const list_ms = 5_000;

interface WaitingProps {
  performance: Performance;
  plan: Plan | null; // knows how sections are called
}

/** The switch of a performance's waiting list, and who waits for what. */
export function WaitingDesk({ performance, plan }: WaitingProps) {
  const say = waitingDeskWords.value;
  const { performanceId } = performance;
  const task = useMemo(() => new Task(), [performanceId]);
  const list = useSignal<WaitingList | null>(null);
  const minutes = useSignal('15');
  const tried = useSignal(false);
  const take = (now: WaitingList) => {
    if (now.offerMs > 0n && now.offerMs !== list.peek()?.offerMs)
      minutes.value = String(Number(now.offerMs) / minute_ms);
    list.value = now;
  };
  useEffect(
    () =>
      again(async () => {
        const now = await ticketDesk.listWaiting({ performanceId }, options).catch(() => null);
        if (now && !task.busy.peek()) take(now);
      }, list_ms),
    [performanceId],
  );
  const bad =
    !/^\d{1,2}$/.test(minutes.value) ||
    Number(minutes.value) < 1 ||
    Number(minutes.value) > minutes_max;
  const set = async (offerMs: number) => {
    tried.value = true;
    if (bad && offerMs > 0) return;
    const done = await task.do(async () =>
      take(await ticketDesk.setWaitingList({ performanceId, offerMs }, options)),
    );
    if (done) announce(waitingDeskWords.peek().saved);
  };
  const now = list.value;
  const isOn = now !== null && now.offerMs > 0n;
  return (
    <section class="card org-waiting" aria-labelledby="waiting-title" data-waiting={isOn}>
      <h2 id="waiting-title">{say.title}</h2>
      <p class="soft">{say.text}</p>
      <Refusal task={task} />
      {now ? <p>{isOn ? say.isOn(count(Number(now.offerMs) / minute_ms)) : say.isOff}</p> : null}
      <form
        class="org-move"
        data-form="waiting"
        aria-label={say.title}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void set(Number(minutes.value) * minute_ms);
        }}
      >
        <Line
          label={say.minutes}
          name="waiting-minutes"
          hint={say.minutesHint}
          wrong={tried.value && bad ? organiseWords.value.badNumber(1, minutes_max) : ''}
          value={minutes.value}
          onInput={(value) => {
            minutes.value = value;
          }}
        />
        <p class="org-actions">
          <button
            type="submit"
            class="primary"
            data-action="waiting-on"
            disabled={task.busy.value || !now}
          >
            {isOn ? say.change : say.on}
          </button>
          {isOn ? (
            <button
              type="button"
              class="plain"
              data-action="waiting-off"
              disabled={task.busy.value}
              onClick={() => void set(0)}
            >
              {say.off}
            </button>
          ) : null}
        </p>
      </form>
      {now && now.kinds.length === 0 ? <p class="soft">{say.nobody}</p> : null}
      {now && now.kinds.length > 0 ? (
        <div class="org-table">
          <table>
            <thead>
              <tr>
                <th scope="col">{say.wish}</th>
                <th scope="col">{say.waiting}</th>
                <th scope="col">{say.offered}</th>
              </tr>
            </thead>
            <tbody>
              {now.kinds.map((kind) => (
                <tr key={nameOf(kind, performance, plan)} data-kind={kind.party}>
                  <th scope="row">{nameOf(kind, performance, plan)}</th>
                  <td class="numeric">{count(kind.waiting)}</td>
                  <td class="numeric">{count(kind.offered)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </section>
  );
}

function nameOf(
  { party, fewest, wheelchairs, categoryChoice, sectionChoice }: WaitingKind,
  { hall }: Performance,
  plan: Plan | null,
): string {
  const say = waitingDeskWords.value;
  return [
    say.places(party, fewest),
    wheelchairs > 0 ? say.wheelchairs(wheelchairs) : '',
    categoryChoice.case
      ? gradeName(hall?.categories[categoryChoice.value]?.name ?? '')
      : say.anyPrice,
    sectionChoice.case
      ? plan?.sections[sectionChoice.value]?.name || say.section(sectionChoice.value + 1)
      : '',
  ]
    .filter(Boolean)
    .join(' · ');
}
