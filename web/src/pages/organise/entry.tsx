import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { orderDesk } from '../../api/organise';
import type { EntryTimes } from '../../gen/usher/v1/door_manage_pb';
import { date } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { announce } from '../../state/announce';
import { options, Task } from '../../state/organise';
import { Line, Refusal } from './form';

const minutes_max = 525_600; // a year

/** From when until when the doors of a performance let people in. */
export function Entry({ performanceId }: { performanceId: number }) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const times = useSignal<EntryTimes | null>(null);
  const early = useSignal('');
  const late = useSignal('');
  const take = (now: EntryTimes) => {
    times.value = now;
    early.value = String(now.earlyMinutes);
    late.value = String(now.lateMinutes);
  };
  useEffect(() => {
    void task.do(async () => take(await orderDesk.getEntryTimes({ performanceId }, options)));
  }, [performanceId]);
  const bad = (text: string) => !/^\d{1,6}$/.test(text) || Number(text) > minutes_max;
  const save = async () => {
    if (bad(early.value) || bad(late.value)) return;
    const done = await task.do(async () =>
      take(
        await orderDesk.setEntryTimes(
          {
            performanceId,
            earlyChoice: { case: 'earlyMinutes', value: Number(early.value) },
            lateChoice: { case: 'lateMinutes', value: Number(late.value) },
          },
          options,
        ),
      ),
    );
    if (done) announce(say.entrySaved);
  };
  const told = (ms: bigint) => (ms ? date(ms, 'short') : say.entryAnyTime);
  return (
    <form
      class="org-move"
      data-form="entry"
      aria-label={say.entryTitle}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Refusal task={task} />
      <p class="soft" data-entry={Boolean(times.value)}>
        {times.value
          ? say.entryNow(told(times.value.entersAtMs), told(times.value.entersUntilMs))
          : ''}
      </p>
      <div class="org-fields">
        <Line
          label={say.entryEarly}
          name="entry-early"
          hint={say.entryEarlyHint}
          wrong={times.value && bad(early.value) ? say.badNumber(0, minutes_max) : ''}
          value={early.value}
          onInput={(value) => {
            early.value = value;
          }}
        />
        <Line
          label={say.entryLate}
          name="entry-late"
          hint={say.entryLateHint}
          wrong={times.value && bad(late.value) ? say.badNumber(0, minutes_max) : ''}
          value={late.value}
          onInput={(value) => {
            late.value = value;
          }}
        />
      </div>
      <button type="submit" class="primary" disabled={task.busy.value || !times.value}>
        {say.save}
      </button>
    </form>
  );
}
