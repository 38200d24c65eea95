import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import type { Performance } from '../../gen/usher/v1/ticket_pb';
import { gradeName } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { ruleDeskWords } from '../../i18n/rulesdesk';
import { announce } from '../../state/announce';
import { options, Task } from '../../state/organise';
import { Check, FormCard, Line } from './form';

const places_max = 1000;

/** What a hold of a performance may take, beside what it costs. */
export function RulesDesk({ performance, onDone }: { performance: Performance; onDone(): void }) {
  const say = ruleDeskWords.value;
  const { performanceId, rules, hall, placesMax } = performance;
  const task = useMemo(() => new Task(), [performanceId]);
  const noOrphans = useSignal(rules?.noOrphans ?? false);
  const limits = useSignal(
    (hall?.categories ?? []).map((_, at) => String(rules?.categoryPlaces[at] || '')),
  );
  const tried = useSignal(false);
  const bad = (text: string) => !/^\d{0,4}$/.test(text.trim()) || Number(text) > places_max;
  const save = async () => {
    tried.value = true;
    if (limits.value.some(bad)) return;
    const wanted = { noOrphans: noOrphans.value, categoryPlaces: limits.value.map(Number) };
    const done = await task.do(async () => {
      await ticketDesk.setPrices({ performanceId, rules: wanted }, options);
    });
    if (!done) return;
    announce(ruleDeskWords.peek().saved);
    onDone();
  };
  return (
    <FormCard id="rules" title={say.title} text={say.text} task={task} onSubmit={() => void save()}>
      <Check
        name="no-orphans"
        checked={noOrphans.value}
        onChange={(checked) => {
          noOrphans.value = checked;
        }}
      >
        {say.noOrphans}
      </Check>
      <p class="soft">{say.noOrphansHint}</p>
      <div class="org-fields">
        {limits.value.map((text, at) => (
          <Line
            key={hall?.categories[at]?.name}
            label={say.most(gradeName(hall?.categories[at]?.name ?? ''))}
            name={`most-${at}`}
            hint={say.mostHint}
            wrong={tried.value && bad(text) ? organiseWords.value.badNumber(0, places_max) : ''}
            value={text}
            onInput={(value) => {
              limits.value = limits.value.map((one, i) => (i === at ? value : one));
            }}
          />
        ))}
      </div>
      <p class="soft">{say.account(placesMax)}</p>
      <button type="submit" class="primary" data-action="save-rules" disabled={task.busy.value}>
        {say.save}
      </button>
    </FormCard>
  );
}
