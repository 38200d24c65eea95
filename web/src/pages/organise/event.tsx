import { useSignal } from '@preact/signals';
import { useEffect, useId, useMemo } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import { type Event, EventState, type Performance } from '../../gen/usher/v1/ticket_pb';
import { gradeName, money, starts } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { tradeWords } from '../../i18n/trade';
import { words } from '../../i18n/words';
import { Confirm } from '../../parts/confirm';
import { Notice } from '../../parts/notice';
import { Poster } from '../../parts/poster';
import { Trouble } from '../../parts/trouble';
import { announce } from '../../state/announce';
import { acting, options, Task } from '../../state/organise';
import { go, paths } from '../../state/route';
import { datesOf } from '../home';
import { Codes } from './codes';
import { AddDate, MoveDate } from './date';
import { Entry } from './entry';
import { Exports } from './exports';
import { FormCard, Line, Refusal, TextArea } from './form';
import { StateOfEvent, StateOfSale } from './overview';
import { ChangePrices } from './prices';

const week_ms = 7 * 24 * 3_600_000;

/** A new event: name and text; all else is added to the draft. */
export function NewEvent() {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const name = useSignal('');
  const description = useSignal('');
  const create = () =>
    task.do(async () => {
      const made = await ticketDesk.createEvent(
        {
          name: name.value,
          description: description.value,
          organiserId: acting.peek()?.organiserId ?? 0,
        },
        options,
      );
      announce(say.created);
      go(paths.organiseEvent(made.eventId), true);
    });
  return (
    <>
      <header class="org-head">
        <h1>{say.newEventTitle}</h1>
      </header>
      <div class="org-two">
        <FormCard id="new-event" title={say.newEvent} task={task} onSubmit={() => void create()}>
          <NameAndText name={name} description={description} />
          <button type="submit" class="primary" disabled={task.busy.value || !name.value.trim()}>
            {say.create}
          </button>
        </FormCard>
        <Preview name={name.value} description={description.value} poster="" event={null} />
      </div>
    </>
  );
}

interface Text {
  value: string;
}

function NameAndText({ name, description }: { name: Text; description: Text }) {
  const say = organiseWords.value;
  return (
    <>
      <Line
        label={say.name}
        name="name"
        value={name.value}
        onInput={(value) => {
          name.value = value;
        }}
      />
      <TextArea
        label={`${say.description} (${say.optional})`}
        name="description"
        value={description.value}
        onInput={(value) => {
          description.value = value;
        }}
      />
    </>
  );
}

/** One event: what fans are told, its dates, and whether it is seen. */
export function EditEvent({ eventId }: { eventId: number }) {
  const known = useSignal<Event | null>(null);
  const missing = useSignal(false);
  const look = useMemo(() => new Task(), [eventId]);
  const load = () =>
    look.do(async () => {
      const { events } = await ticketDesk.listEvents({}, options);
      const found = events.find(
        (one) => one.eventId === eventId && one.organiserId === acting.peek()?.organiserId,
      );
      missing.value = !found;
      known.value = found ?? null;
    });
  useEffect(() => {
    void load();
  }, [eventId, acting.value?.organiserId]);
  const event = known.value;
  if (!event) {
    if (missing.value || look.failure.value)
      return (
        <Trouble
          failure={
            look.failure.value ?? { reason: 'NOT_FOUND', seats: [], nearest: [], retryAfterMs: 0 }
          }
          retry={() => void load()}
        />
      );
    return <p class="loading">{words.value.loading}</p>;
  }
  return (
    <div data-event={eventId} data-state={EventState[event.state]}>
      <header class="org-head">
        <h1>{event.name}</h1>
        <StateOfEvent state={event.state} />
      </header>
      <Acts event={event} onDone={() => void load()} />
      <Texts key={eventId} event={event} onDone={() => void load()} />
      <Dates event={event} onDone={() => void load()} />
      <Exports eventId={eventId} />
    </div>
  );
}

function Texts({ event, onDone }: { event: Event; onDone(): void }) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const name = useSignal(event.name);
  const description = useSignal(event.description);
  const poster = useSignal(event.poster);
  const saved = useSignal(false);
  const save = async () => {
    saved.value = false;
    const done = await task.do(async () => {
      await ticketDesk.updateEvent(
        {
          eventId: event.eventId,
          nameChoice: { case: 'name', value: name.value },
          descriptionChoice: { case: 'description', value: description.value },
          posterChoice: { case: 'poster', value: poster.value.trim() },
        },
        options,
      );
    });
    if (!done) return;
    saved.value = true;
    onDone();
  };
  return (
    <div class="org-two">
      <FormCard id="texts" title={say.editTitle} task={task} onSubmit={() => void save()}>
        {saved.value ? <Notice tone="plain" icon="check" title={say.saved} /> : null}
        <NameAndText name={name} description={description} />
        <Line
          label={`${say.poster} (${say.optional})`}
          name="poster"
          type="url"
          hint={say.posterHint}
          value={poster.value}
          onInput={(value) => {
            poster.value = value;
          }}
        />
        <Upload
          eventId={event.eventId}
          onDone={(path) => {
            poster.value = path;
            onDone();
          }}
        />
        <button type="submit" class="primary" disabled={task.busy.value || !name.value.trim()}>
          {say.save}
        </button>
      </FormCard>
      <Preview
        name={name.value}
        description={description.value}
        poster={poster.value.trim()}
        event={event}
      />
    </div>
  );
}

const ownPoster = /^\/posters\/[0-9a-f]{32}-600\.jpg$/;
const upload_max = 5 << 20;

interface UploadProps {
  eventId: number;
  onDone(poster: string): void;
}

/** A picture from the reader's own machine. */
function Upload({ eventId, onDone }: UploadProps) {
  const say = tradeWords.value;
  const id = useId();
  const task = useMemo(() => new Task(), []);
  const large = useSignal(false);
  const bring = (file: File) =>
    task.do(async () => {
      large.value = file.size > upload_max;
      if (large.value) return;
      const content = new Uint8Array(await file.arrayBuffer());
      const event = await ticketDesk.setPoster({ eventId, content }, {});
      announce(say.uploaded);
      onDone(event.poster);
    });
  return (
    <div class="field" data-upload>
      <label for={id}>{say.upload}</label>
      <input
        id={id}
        type="file"
        name="poster-file"
        accept="image/png,image/jpeg,image/webp"
        disabled={task.busy.value}
        aria-describedby={`${id}-more`}
        aria-invalid={large.value}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file) void bring(file);
        }}
      />
      <small id={`${id}-more`} class={large.value ? 'field-bad' : ''}>
        {large.value ? say.uploadLarge : say.uploadHint}
      </small>
      <Refusal task={task} />
    </div>
  );
}

interface PreviewProps {
  name: string;
  description: string;
  poster: string;
  event: Event | null;
}

/** The event as its page shows it, with what is typed and not saved yet. */
function Preview({ name, description, poster, event }: PreviewProps) {
  const say = organiseWords.value;
  const first = event?.performances[0];
  const picture = ownPoster.test(poster) || /^https:\/\/[^\s"'<>\\]+$/.test(poster) ? poster : '';
  return (
    <section class="card org-preview" aria-labelledby="preview-title">
      <h2 id="preview-title" class="soft">
        {say.preview}
      </h2>
      <Poster
        key={picture}
        name={name || '…'}
        lines={event ? [datesOf(event), first?.hall?.name ?? ''] : []}
        picture={picture}
      />
      <h3>{name || '…'}</h3>
      {description ? <p class="event-description">{description}</p> : null}
      {first ? (
        <dl class="org-prices">
          {first.prices.map(({ category, amount }) => (
            <div key={category}>
              <dt>{gradeName(first.hall?.categories[category]?.name ?? '')}</dt>
              <dd class="numeric">{money(amount, first)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
    </section>
  );
}

/** Publish, hide, copy, delete. */
function Acts({ event, onDone }: { event: Event; onDone(): void }) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const asking = useSignal(false);
  const { eventId } = event;
  const shown = event.state === EventState.PUBLISHED;
  const turn = async () => {
    const done = await task.do(async () => {
      if (shown) await ticketDesk.hideEvent({ eventId }, options);
      else await ticketDesk.publishEvent({ eventId }, options);
    });
    if (!done) return;
    announce(shown ? say.hidden : say.published);
    onDone();
  };
  const copy = () =>
    task.do(async () => {
      const made = await copyEvent(event, say.cloneName(event.name));
      announce(say.cloned);
      go(paths.organiseEvent(made));
    });
  const remove = async () => {
    const done = await task.do(async () => {
      await ticketDesk.deleteEvent({ eventId }, options);
    });
    asking.value = false;
    if (!done) return;
    announce(say.removed);
    go(paths.organise(), true);
  };
  return (
    <div class="org-actions">
      <button
        type="button"
        class={shown ? 'plain' : 'primary'}
        data-action={shown ? 'hide' : 'publish'}
        disabled={task.busy.value}
        onClick={() => void turn()}
      >
        {shown ? say.hide : say.publish}
      </button>
      <button
        type="button"
        class="plain"
        data-action="copy"
        disabled={task.busy.value}
        onClick={() => void copy()}
      >
        {say.clone}
      </button>
      {shown ? (
        <a class="plain" href={paths.event(eventId)}>
          {say.publicPage}
        </a>
      ) : null}
      <button
        type="button"
        class="quiet quiet-danger"
        data-action="delete"
        disabled={task.busy.value}
        onClick={() => {
          asking.value = true;
        }}
      >
        {say.remove}
      </button>
      <Refusal task={task} />
      {asking.value ? (
        <Confirm
          question={say.removeQuestion}
          hint={say.removeHint}
          yes={say.remove}
          no={say.removeNo}
          busy={task.busy.value}
          onYes={() => void remove()}
          onNo={() => {
            asking.value = false;
          }}
        />
      ) : null}
    </div>
  );
}

/** A draft with the same words, halls and prices, its dates a week later; its id. */
async function copyEvent(event: Event, name: string): Promise<number> {
  const made = await ticketDesk.createEvent(
    { name, description: event.description, organiserId: event.organiserId },
    options,
  );
  const { eventId } = made;
  if (event.poster) {
    const posterChoice = { case: 'poster', value: event.poster } as const;
    await ticketDesk.updateEvent({ eventId, posterChoice }, options);
  }
  for (const one of event.performances) {
    const offset = one.utcOffsetChoice.value;
    await ticketDesk.createPerformance(
      {
        eventId,
        hallId: one.hall?.hallId ?? 0,
        startsAtMs: one.startsAtMs + BigInt(week_ms),
        currency: one.currency,
        prices: one.prices,
        holdTtlMs: one.holdTtlMs,
        placesMax: one.placesMax,
        personRule: one.personRule,
        paymentRequired: one.paymentRequired,
        payLaterMs: one.payLaterMs,
        timeZone: one.timeZone,
        utcOffsetChoice:
          one.timeZone || offset === undefined
            ? { case: undefined }
            : { case: 'utcOffsetMinutes', value: offset },
        restChoice: { case: 'restMs', value: one.restMs },
      },
      options,
    );
  }
  return eventId;
}

function Dates({ event, onDone }: { event: Event; onDone(): void }) {
  const say = organiseWords.value;
  const moving = useSignal(0);
  const pricing = useSignal(0);
  return (
    <>
      <section class="card" aria-labelledby="dates-title">
        <h2 id="dates-title">{say.dates}</h2>
        {event.performances.length === 0 ? <p class="soft">{say.noDates}</p> : null}
        <ul class="org-list">
          {event.performances.map((one) => (
            <li key={one.performanceId} data-performance={one.performanceId}>
              <span>
                <strong>{starts(one, 'full')}</strong>
                <span class="soft">
                  {one.hall?.name} · {priceRange(one)}
                </span>
              </span>
              <StateOfSale state={one.saleState} />
              <button
                type="button"
                class="plain"
                data-action="move"
                aria-label={`${say.move}: ${starts(one, 'full')}`}
                aria-expanded={moving.value === one.performanceId}
                onClick={() => {
                  moving.value = moving.value === one.performanceId ? 0 : one.performanceId;
                }}
              >
                {say.move}
              </button>
              <button
                type="button"
                class="plain"
                data-action="prices"
                aria-label={`${say.changePrices}: ${starts(one, 'full')}`}
                aria-expanded={pricing.value === one.performanceId}
                onClick={() => {
                  pricing.value = pricing.value === one.performanceId ? 0 : one.performanceId;
                }}
              >
                {say.changePrices}
              </button>
              <a class="plain" href={paths.organiseDate(one.performanceId)}>
                {say.watch}
              </a>
              {moving.value === one.performanceId ? (
                <Entry performanceId={one.performanceId} />
              ) : null}
              {moving.value === one.performanceId ? (
                <MoveDate
                  performance={one}
                  onDone={() => {
                    moving.value = 0;
                    onDone();
                  }}
                />
              ) : null}
              {pricing.value === one.performanceId ? (
                <Codes key={`codes-${one.priceList}`} performance={one} onDone={onDone} />
              ) : null}
              {pricing.value === one.performanceId ? (
                <ChangePrices
                  key={one.priceList}
                  performance={one}
                  onDone={() => {
                    pricing.value = 0;
                    onDone();
                  }}
                />
              ) : null}
            </li>
          ))}
        </ul>
      </section>
      <AddDate event={event} onDone={onDone} />
    </>
  );
}

function priceRange(one: Performance): string {
  const amounts = one.prices.map(({ amount }) => Number(amount)).sort((a, b) => a - b);
  const [low = 0] = amounts;
  const high = amounts.at(-1) ?? 0;
  return low === high ? money(low, one) : words.value.priceFrom(money(low, one), money(high, one));
}
