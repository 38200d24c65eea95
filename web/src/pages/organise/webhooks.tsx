import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { webhookDesk } from '../../api/organise';
import type { Membership } from '../../gen/usher/v1/auth_pb';
import {
  type Webhook,
  type WebhookEvent,
  WebhookState,
} from '../../gen/usher/v1/webhook_manage_pb';
import { count, date } from '../../i18n/format';
import { tradeWords } from '../../i18n/trade';
import { Confirm } from '../../parts/confirm';
import { Notice } from '../../parts/notice';
import { announce } from '../../state/announce';
import { again, options, own_ms, Task } from '../../state/organise';
import { Check, Line, Refusal } from './form';

/** What a try to tell one's own server came to. */
interface Said {
  id: bigint;
  text: string;
  bad: boolean;
}

/** Servers of the organiser's own that are told what happens. */
export function Webhooks({ acting }: { acting: Membership }) {
  const say = tradeWords.value;
  const { organiserId } = acting;
  const task = useMemo(() => new Task(), []);
  const list = useSignal<Webhook[]>([]);
  const events = useSignal<WebhookEvent[]>([]);
  const secret = useSignal<{ id: bigint; text: string } | null>(null);
  const said = useSignal<Said | null>(null);
  const load = async () => {
    const [hooks, feed] = await Promise.all([
      webhookDesk.listWebhooks({ organiserId }, options),
      webhookDesk.listWebhookEvents({ organiserId, pageSize: 20 }, options),
    ]);
    list.value = hooks.webhooks;
    events.value = feed.events;
  };
  const act = (deed: () => Promise<void>) =>
    task.do(async () => {
      said.value = null;
      await deed();
      await load();
    });
  useEffect(() => again(() => load().catch(() => undefined), own_ms), [organiserId]);
  const keep = (made: Webhook) => {
    secret.value = { id: made.webhookId, text: made.secret };
  };
  return (
    <>
      <header class="org-head">
        <h1>{say.parts.webhooks}</h1>
      </header>
      <section class="card" aria-labelledby="hooks-title">
        <h2 id="hooks-title">{say.parts.webhooks}</h2>
        <p class="soft">{say.text}</p>
        <Refusal task={task} />
        {list.value.length === 0 ? <p class="soft">{say.none}</p> : null}
        <ul class="org-list">
          {list.value.map((hook) => (
            <One
              key={String(hook.webhookId)}
              hook={hook}
              busy={task.busy.value}
              secret={secret.value?.id === hook.webhookId ? secret.value.text : ''}
              said={said.value?.id === hook.webhookId ? said.value : null}
              onTest={() =>
                void act(async () => {
                  const answer = await webhookDesk.testWebhook(
                    { webhookId: hook.webhookId },
                    options,
                  );
                  const text = answer.taken
                    ? say.tested(String(answer.status), count(answer.tookMs))
                    : `${say.testFailed} ${answer.error}`;
                  said.value = { id: hook.webhookId, text, bad: !answer.taken };
                  announce(text);
                })
              }
              onRotate={() =>
                void act(async () =>
                  keep(
                    await webhookDesk.rotateWebhookSecret({ webhookId: hook.webhookId }, options),
                  ),
                )
              }
              onReplay={(fromSequence) =>
                void act(async () => {
                  await webhookDesk.replayWebhook(
                    { webhookId: hook.webhookId, fromSequence },
                    options,
                  );
                  announce(fromSequence ? say.replayed(String(fromSequence)) : say.resumed);
                })
              }
              onRemove={() =>
                void act(async () => {
                  await webhookDesk.deleteWebhook({ webhookId: hook.webhookId }, options);
                  announce(say.removed);
                })
              }
            />
          ))}
        </ul>
      </section>
      <Make
        task={task}
        onMake={(address, types) =>
          act(async () =>
            keep(await webhookDesk.createWebhook({ organiserId, address, types }, options)),
          )
        }
      />
      <Feed events={events.value} />
    </>
  );
}

function stateOf(hook: Webhook): string {
  const say = tradeWords.value;
  if (hook.state === WebhookState.GIVEN_UP) return say.givenUp;
  if (hook.tries > 0) return say.failing(count(hook.tries));
  return hook.takenAtMs ? say.well : say.fresh;
}

interface OneProps {
  hook: Webhook;
  busy: boolean;
  secret: string;
  said: Said | null;
  onTest(): void;
  onRotate(): void;
  onReplay(from: bigint): void;
  onRemove(): void;
}

function One({ hook, busy, secret, said, onTest, onRotate, onReplay, onRemove }: OneProps) {
  const say = tradeWords.value;
  const asking = useSignal(false);
  const from = useSignal('');
  const number = /^[1-9]\d{0,18}$/.test(from.value.trim()) ? BigInt(from.value.trim()) : 0n;
  const given_up = hook.state === WebhookState.GIVEN_UP;
  const failing = given_up || hook.tries > 0;
  const facts = [
    say.toldUpTo(count(Number(hook.toldUpTo)), count(Number(hook.lastSequence))),
    hook.types.length ? hook.types.map((one) => say.type[one] ?? one).join(', ') : say.typesAll,
    hook.oldSecretEndsAtMs ? say.twoSecrets(date(hook.oldSecretEndsAtMs, 'short')) : '',
  ];
  return (
    <li
      class="org-hook"
      data-webhook={String(hook.webhookId)}
      data-state={WebhookState[hook.state]}
    >
      <strong class="org-hook-address">{hook.address}</strong>
      <span class={failing ? 'field-bad' : 'soft'}>
        {stateOf(hook)}
        {failing && hook.lastError ? <q lang="en">{hook.lastError}</q> : null}
      </span>
      <span class="soft">{facts.filter(Boolean).join(' · ')}</span>
      {secret ? (
        <output class="org-token">
          <strong>{say.secret}</strong>
          <code>{secret}</code>
        </output>
      ) : null}
      {said ? (
        <Notice
          tone={said.bad ? 'bad' : 'plain'}
          icon={said.bad ? 'alert' : 'check'}
          title={said.text}
        />
      ) : null}
      <div class="org-actions">
        <button type="button" class="plain" data-action="test" disabled={busy} onClick={onTest}>
          {say.test}
        </button>
        <button type="button" class="plain" data-action="rotate" disabled={busy} onClick={onRotate}>
          {say.rotate}
        </button>
        {given_up ? (
          <button
            type="button"
            class="primary"
            data-action="resume"
            disabled={busy}
            onClick={() => onReplay(0n)}
          >
            {say.resume}
          </button>
        ) : null}
        <button
          type="button"
          class="plain"
          data-action="remove"
          disabled={busy}
          onClick={() => {
            asking.value = true;
          }}
        >
          {say.remove}
        </button>
      </div>
      <form
        class="org-hook-again"
        onSubmit={(event) => {
          event.preventDefault();
          if (number) onReplay(number);
        }}
      >
        <Line
          label={say.replayFrom}
          name={`from-${hook.webhookId}`}
          type="number"
          value={from.value}
          onInput={(value) => {
            from.value = value;
          }}
        />
        <button type="submit" class="plain" data-action="replay" disabled={busy || !number}>
          {say.replay}
        </button>
      </form>
      {asking.value ? (
        <Confirm
          question={say.removeQuestion}
          hint={say.removeHint}
          yes={say.remove}
          no={say.removeNo}
          busy={busy}
          onYes={() => {
            asking.value = false;
            onRemove();
          }}
          onNo={() => {
            asking.value = false;
          }}
        />
      ) : null}
    </li>
  );
}

interface MakeProps {
  task: Task;
  onMake(address: string, types: string[]): Promise<boolean>;
}

function Make({ task, onMake }: MakeProps) {
  const say = tradeWords.value;
  const address = useSignal('');
  const some = useSignal(false);
  const chosen = useSignal<string[]>([]);
  const fits = address.value.trim() && (!some.value || chosen.value.length > 0);
  return (
    <form
      class="card org-form"
      data-form="webhook"
      aria-labelledby="webhook-title"
      noValidate
      onSubmit={async (event) => {
        event.preventDefault();
        if (fits && (await onMake(address.value.trim(), some.value ? chosen.value : []))) {
          address.value = '';
        }
      }}
    >
      <h2 id="webhook-title">{say.make}</h2>
      <Line
        label={say.address}
        name="webhook-address"
        type="url"
        hint={say.addressHint}
        value={address.value}
        onInput={(value) => {
          address.value = value;
        }}
      />
      <Check
        name="webhook-some"
        checked={some.value}
        onChange={(checked) => {
          some.value = checked;
        }}
      >
        {say.typesSome}
      </Check>
      {some.value ? (
        <fieldset class="org-types">
          <legend>{say.types}</legend>
          {Object.entries(say.type).map(([type, text]) => (
            <Check
              key={type}
              name={`type-${type}`}
              checked={chosen.value.includes(type)}
              onChange={(checked) => {
                chosen.value = checked
                  ? [...chosen.value, type]
                  : chosen.value.filter((one) => one !== type);
              }}
            >
              {text}
            </Check>
          ))}
        </fieldset>
      ) : null}
      <button type="submit" class="primary" disabled={task.busy.value || !fits}>
        {say.make}
      </button>
    </form>
  );
}

function Feed({ events }: { events: WebhookEvent[] }) {
  const say = tradeWords.value;
  return (
    <section class="card" aria-labelledby="feed-title">
      <h2 id="feed-title">{say.feed}</h2>
      <p class="soft">{events.length ? say.feedText : say.feedNone}</p>
      {events.length ? (
        <ul class="org-list">
          {events.map((event) => (
            <li key={String(event.sequence)} data-sequence={String(event.sequence)}>
              <span>
                <strong>
                  {String(event.sequence)} · {say.type[event.type] ?? event.type}
                </strong>
                <span class="soft">{date(event.atMs, 'short')}</span>
              </span>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
