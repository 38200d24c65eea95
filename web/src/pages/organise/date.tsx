import { useSignal } from '@preact/signals';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import { moneyDesk, ticketDesk } from '../../api/organise';
import { type Event, type Hall, type Performance, PersonRule } from '../../gen/usher/v1/ticket_pb';
import { count, gradeName } from '../../i18n/format';

import { organiseWords } from '../../i18n/organise';
import { toFirstWrong } from '../../parts/field';
import { digitsOf, readAmount, writeAmount } from '../../state/amount';
import { announce } from '../../state/announce';
import { acting, options, Task } from '../../state/organise';
import { paths } from '../../state/route';
import { msInZone, ownZone, textInZone } from '../../state/zone';
import { Check, Choice, FormCard, Line, Refusal } from './form';

const currencies = ['KRW', 'JPY', 'USD', 'EUR', 'GBP', 'CHF', 'TWD', 'VND'] as const;
const minute_ms = 60_000;
const minutes_max = 60;
const hour_ms = 3_600_000;
const hours_max = 24;
const places_most = 8;

/** Zones by name, for a field that offers what is typed. */
function Zones({ id }: { id: string }) {
  const all =
    typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  return (
    <datalist id={id}>
      {all.map((zone) => (
        <option key={zone} value={zone} />
      ))}
    </datalist>
  );
}

interface WhenProps {
  at: { value: string };
  zone: { value: string };
  wrong: boolean;
}

function When({ at, zone, wrong }: WhenProps) {
  const say = organiseWords.value;
  const list = useId();
  return (
    <>
      <Line
        label={say.startsAt}
        name="starts-at"
        type="datetime-local"
        hint={say.startsHint}
        wrong={wrong ? say.badDate : ''}
        value={at.value}
        onInput={(value) => {
          at.value = value;
        }}
      />
      <Line
        label={say.timeZone}
        name="time-zone"
        list={list}
        value={zone.value}
        onInput={(value) => {
          zone.value = value;
        }}
      />
      <Zones id={list} />
    </>
  );
}

/** Whether an order for the box office is confirmed before anybody has paid it. */
function Unpaid({ taken }: { taken: { value: boolean } }) {
  const say = organiseWords.value;
  return (
    <Check
      name="unpaid-orders"
      checked={taken.value}
      onChange={(checked) => {
        taken.value = checked;
      }}
    >
      {say.unpaidOrders} <small>{say.unpaidOrdersHint}</small>
    </Check>
  );
}

/** A performance more: where, when, and what it costs. What the last one had is filled in. */
export function AddDate({ event, onDone }: { event: Event; onDone(): void }) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const form = useRef<HTMLDivElement>(null);
  const like = event.performances.at(-1);
  const halls = useSignal<Hall[] | null>(null);
  const hallId = useSignal(like?.hall?.hallId ?? 0);
  const at = useSignal('');
  const zone = useSignal(like?.timeZone || ownZone());
  const currency = useSignal<string>(like?.currency ?? 'KRW');
  const minutes = useSignal(like ? String(Math.round(like.holdTtlMs / minute_ms)) : '8');
  const places = useSignal(String(like?.placesMax ?? 4));
  const rule = useSignal(String(like?.personRule ?? PersonRule.NONE));
  const typed = useSignal<ReadonlyMap<number, string>>(
    new Map(
      like?.prices.map((one) => [one.category, writeAmount(one.amount, like.currencyDigits)]),
    ),
  );
  const unpaid = useSignal(false);
  const tried = useSignal(false);
  useEffect(() => {
    void task.do(async () => {
      const organiserId = acting.peek()?.organiserId ?? 0;
      const answer = await ticketDesk.listHalls({ organiserId }, options);
      // Where money can be taken, nothing is sold without it, unless somebody says so.
      unpaid.value = await moneyDesk.listProviders({ organiserId }, options).then(
        ({ providers }) => providers.length === 0,
        () => false,
      );
      halls.value = answer.halls;
      if (!answer.halls.some((one) => one.hallId === hallId.value))
        hallId.value = answer.halls.at(-1)?.hallId ?? 0;
    });
  }, [halls]);
  const hall = halls.value?.find((one) => one.hallId === hallId.value);
  const digits = digitsOf(currency.value);
  const amountOf = (category: number) => readAmount(typed.value.get(category) ?? '', digits);
  const startsAt = msInZone(at.value, zone.value);
  const whole = (text: string, most: number) =>
    /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= most;
  const add = async () => {
    tried.value = true;
    const prices = (hall?.categories ?? []).map((_, category) => ({
      category,
      amount: amountOf(category),
    }));
    const ready =
      hall &&
      startsAt !== null &&
      prices.every(({ amount }) => amount !== null) &&
      whole(minutes.value, minutes_max) &&
      whole(places.value, places_most);
    if (!ready) {
      toFirstWrong(form.current);
      return;
    }
    const done = await task.do(async () => {
      await ticketDesk.createPerformance(
        {
          eventId: event.eventId,
          hallId: hall.hallId,
          startsAtMs: BigInt(startsAt),
          timeZone: zone.value.trim(),
          currency: currency.value,
          prices: prices.map(({ category, amount }) => ({ category, amount: amount ?? 0n })),
          holdTtlMs: Number(minutes.value) * minute_ms,
          placesMax: Number(places.value),
          personRule: Number(rule.value),
          paymentRequired: !unpaid.value,
        },
        options,
      );
    });
    if (!done) return;
    tried.value = false;
    at.value = '';
    announce(say.added);
    onDone();
  };
  if (halls.value?.length === 0)
    return (
      <section class="card">
        <h2>{say.addDate}</h2>
        <p class="soft">{say.noHalls}</p>
        <p>
          <a class="plain" href={paths.organise('halls')}>
            {say.firstHall}
          </a>
        </p>
      </section>
    );
  return (
    <div ref={form}>
      <FormCard id="add-date" title={say.dateTitle} task={task} onSubmit={() => void add()}>
        <div class="org-fields">
          <Choice
            label={say.hall}
            name="hall"
            value={String(hallId.value)}
            options={(halls.value ?? []).map((one) => [
              String(one.hallId),
              `${one.name} · ${say.places(count(one.placeCount))}`,
            ])}
            onChange={(value) => {
              hallId.value = Number(value);
            }}
          />
          <When at={at} zone={zone} wrong={tried.value && startsAt === null} />
          <Choice
            label={say.currency}
            name="currency"
            value={currency.value}
            options={[...new Set([currency.value, ...currencies])].map((one) => [one, one])}
            onChange={(value) => {
              currency.value = value;
            }}
          />
          {hall?.categories.map(({ name }, category) => (
            <Line
              key={`${hall.hallId} ${category}`}
              label={say.price(gradeName(name))}
              name={`price-${category}`}
              value={typed.value.get(category) ?? ''}
              wrong={tried.value && amountOf(category) === null ? say.badPrice : ''}
              onInput={(value) => {
                typed.value = new Map(typed.value).set(category, value);
              }}
            />
          ))}
          <Line
            label={say.holdMinutes}
            name="hold-minutes"
            value={minutes.value}
            wrong={
              tried.value && !whole(minutes.value, minutes_max) ? say.badNumber(1, minutes_max) : ''
            }
            onInput={(value) => {
              minutes.value = value;
            }}
          />
          <Line
            label={say.placesMax}
            name="places-max"
            value={places.value}
            wrong={
              tried.value && !whole(places.value, places_most) ? say.badNumber(1, places_most) : ''
            }
            onInput={(value) => {
              places.value = value;
            }}
          />
          <Choice
            label={say.personRule}
            name="person-rule"
            value={rule.value}
            options={[
              [String(PersonRule.NONE), say.personRules.none],
              [String(PersonRule.PHONE), say.personRules.phone],
              [String(PersonRule.IDENTITY), say.personRules.identity],
            ]}
            onChange={(value) => {
              rule.value = value;
            }}
          />
        </div>
        <Unpaid taken={unpaid} />
        <button
          type="submit"
          class="primary"
          data-action="add-date"
          disabled={task.busy.value || !hall}
        >
          {say.add}
        </button>
      </FormCard>
    </div>
  );
}

export function MoveDate({ performance, onDone }: { performance: Performance; onDone(): void }) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const zone = useSignal(performance.timeZone || ownZone());
  const at = useSignal(textInZone(Number(performance.startsAtMs), zone.peek()));
  const tried = useSignal(false);
  const startsAt = msInZone(at.value, zone.value);
  const doors = useSignal(
    performance.doorsAtMs > 0n ? textInZone(Number(performance.doorsAtMs), zone.peek()) : '',
  );
  const gate = useSignal(performance.gate);
  const address = useSignal(performance.venueAddress);
  const hours = useSignal(String(performance.payLaterMs / hour_ms));
  const unpaid = useSignal(!performance.paymentRequired);
  const doorsAt = doors.value ? msInZone(doors.value, zone.value) : 0;
  const badDoors = doorsAt === null || (startsAt !== null && doorsAt > startsAt);
  const badHours = !/^\d{1,2}(\.\d+)?$/.test(hours.value || '0') || Number(hours.value) > hours_max;
  const move = async () => {
    tried.value = true;
    if (startsAt === null || badDoors || badHours) return;
    const done = await task.do(async () => {
      await ticketDesk.updatePerformance(
        {
          performanceId: performance.performanceId,
          startsAtMs: BigInt(startsAt),
          timeZone: zone.value.trim(),
          doorsChoice: { case: 'doorsAtMs', value: BigInt(doorsAt ?? 0) },
          gateChoice: { case: 'gate', value: gate.value.trim() },
          venueAddressChoice: { case: 'venueAddress', value: address.value.trim() },
          payLaterChoice: { case: 'payLaterMs', value: Number(hours.value || '0') * hour_ms },
          paymentChoice: { case: 'paymentRequired', value: !unpaid.value },
        },
        options,
      );
    });
    if (!done) return;
    announce(say.moved);
    onDone();
  };
  return (
    <form
      class="org-move"
      data-form="move"
      aria-label={say.moveTitle}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void move();
      }}
    >
      <Refusal task={task} />
      <div class="org-fields">
        <When at={at} zone={zone} wrong={tried.value && startsAt === null} />
        <Line
          label={say.doorsAt}
          name="doors-at"
          type="datetime-local"
          hint={say.doorsHint}
          wrong={tried.value && badDoors ? say.badDoors : ''}
          value={doors.value}
          onInput={(value) => {
            doors.value = value;
          }}
        />
        <Line
          label={say.gate}
          name="gate"
          hint={say.gateHint}
          value={gate.value}
          onInput={(value) => {
            gate.value = value;
          }}
        />
        <Line
          label={say.venueAddress}
          name="venue-address"
          value={address.value}
          onInput={(value) => {
            address.value = value;
          }}
        />
        <Line
          label={say.payLater}
          name="pay-later"
          hint={say.payLaterHint}
          wrong={tried.value && badHours ? say.badNumber(0, hours_max) : ''}
          value={hours.value}
          onInput={(value) => {
            hours.value = value;
          }}
        />
      </div>
      <Unpaid taken={unpaid} />
      <button type="submit" class="primary" disabled={task.busy.value}>
        {say.save}
      </button>
    </form>
  );
}
