import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { teamDesk, ticketDesk } from '../../api/organise';
import type { Membership } from '../../gen/usher/v1/auth_pb';
import type { Event } from '../../gen/usher/v1/ticket_pb';
import { tradeWords } from '../../i18n/trade';
import { announce } from '../../state/announce';
import { options, Task } from '../../state/organise';
import { Choice, FormCard, TextArea } from './form';

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim().replace(/\/$/, ''))
    .filter(Boolean);

/** The organiser's dates on pages of his own: which sites may, and what to write there. */
export function Sites({ acting }: { acting: Membership }) {
  const say = tradeWords.value.sites;
  const { organiserId } = acting;
  const task = useMemo(() => new Task(), []);
  const text = useSignal('');
  const events = useSignal<Event[]>([]);
  const chosen = useSignal('');
  useEffect(() => {
    void task.do(async () => {
      const [known, listed] = await Promise.all([
        teamDesk.getSites({ organiserId }, options),
        ticketDesk.listEvents({}, options),
      ]);
      text.value = known.sites.join('\n');
      events.value = listed.events.filter((one) => one.organiserId === organiserId);
      chosen.value = String(events.value[0]?.eventId ?? '');
    });
  }, [organiserId]);
  const save = () =>
    task.do(async () => {
      const known = await teamDesk.setSites({ organiserId, sites: lines(text.value) }, options);
      text.value = known.sites.join('\n');
      announce(say.saved);
    });
  return (
    <FormCard id="sites" title={say.title} text={say.text} task={task} onSubmit={() => void save()}>
      <TextArea
        label={say.list}
        name="sites"
        rows={3}
        value={text.value}
        onInput={(value) => {
          text.value = value;
        }}
      />
      <p class="soft">{say.hint}</p>
      <button type="submit" class="primary" disabled={task.busy.value}>
        {say.save}
      </button>
      {chosen.value ? (
        <>
          <Choice
            label={say.event}
            name="sites-event"
            value={chosen.value}
            options={events.value.map((one) => [String(one.eventId), one.name])}
            onChange={(value) => {
              chosen.value = value;
            }}
          />
          <output class="org-token" data-snippet={chosen.value}>
            <strong>{say.snippet}</strong>
            <code>{`<script src="${location.origin}/widget.js" data-event="${chosen.value}" async></script>`}</code>
          </output>
        </>
      ) : null}
    </FormCard>
  );
}
