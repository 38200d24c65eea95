import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { newKey } from '../../api/key';
import { orderDesk, tillDesk } from '../../api/organise';
import { TicketFormat } from '../../gen/usher/v1/door_pb';
import type { Performance } from '../../gen/usher/v1/ticket_pb';
import {
  type Till,
  type TillHold,
  TillMeans,
  type TillSale,
} from '../../gen/usher/v1/till_manage_pb';
import { count, date, money, seatName, typeName } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { tillWords } from '../../i18n/till';
import { language } from '../../i18n/words';
import { SeatMap } from '../../map/seatmap';
import { Notice } from '../../parts/notice';
import { Stepper } from '../../parts/stepper';
import { readAmount } from '../../state/amount';
import { announce } from '../../state/announce';
import { empty } from '../../state/choice';
import { download } from '../../state/download';
import { HouseSale } from '../../state/housesale';
import { options, Task } from '../../state/organise';
import { Choice, FormCard, Line, Refusal } from './form';

const party_max = 8;

interface CounterProps {
  performance: Performance;
  till: Till;
  onSold(): void;
}

/** Places for one customer after the other: chosen, held, paid, printed. */
export function Counter({ performance, till, onSold }: CounterProps) {
  const { performanceId } = performance;
  const sale = useMemo(() => new HouseSale(performanceId), [performanceId]);
  const held = useSignal<TillHold | null>(null);
  const sold = useSignal<TillSale | null>(null);
  useEffect(() => {
    void sale.start();
    return () => sale.stop();
  }, [sale]);
  if (sold.value)
    return (
      <Sold
        sale={sold.value}
        onNext={() => {
          sold.value = null;
        }}
      />
    );
  if (held.value?.hold)
    return (
      <Paying
        held={held.value}
        performanceId={performanceId}
        till={till}
        onHeld={(next) => {
          held.value = next;
        }}
        onSold={(done) => {
          held.value = null;
          sold.value = done;
          onSold();
        }}
      />
    );
  return (
    <Choosing
      sale={sale}
      performance={performance}
      onHeld={(made) => {
        sale.choice.value = empty;
        held.value = made;
      }}
    />
  );
}

interface ChoosingProps {
  sale: HouseSale;
  performance: Performance;
  onHeld(hold: TillHold): void;
}

function Choosing({ sale, performance, onHeld }: ChoosingProps) {
  const say = tillWords.value;
  const task = useMemo(() => new Task(), []);
  const party = useSignal(2);
  const grade = useSignal(-1);
  const { performanceId } = performance;
  const chosen = sale.chosen.value;
  const hold = () =>
    task.do(async () => {
      const { seats, areas } = sale.choice.value;
      const value = {
        performanceId,
        seats: [...seats],
        areas: [...areas].map(([section, quantity]) => ({ section, quantity })),
        idempotencyKey: newKey(),
      };
      onHeld(await tillDesk.holdAtTill({ wish: { case: 'seats', value } }, options));
    });
  const best = () =>
    task.do(async () => {
      const value = {
        performanceId,
        party: party.value,
        apart: true,
        idempotencyKey: newKey(),
        ...(grade.value < 0
          ? {}
          : { categoryChoice: { case: 'category' as const, value: grade.value } }),
      };
      onHeld(await tillDesk.holdAtTill({ wish: { case: 'best', value } }, options));
    });
  return (
    <section class="card org-map" aria-labelledby="till-map-title" data-step="choose">
      <h2 id="till-map-title">{say.mapTitle}</h2>
      <p class="soft">{say.mapText}</p>
      <Refusal task={task} />
      <div class="org-byrow">
        <div class="field">
          <span>{say.party}</span>
          <Stepper
            label={say.party}
            value={party.value}
            min={1}
            max={party_max}
            onChange={(value) => {
              party.value = value;
            }}
          />
        </div>
        <Choice
          label={say.grade}
          name="till-grade"
          value={String(grade.value)}
          options={[
            ['-1', say.anyGrade],
            ...performance.prices.map(
              ({ category, amount }) =>
                [
                  String(category),
                  `${performance.hall?.categories[category]?.name ?? ''} · ${money(amount, performance)}`,
                ] as const,
            ),
          ]}
          onChange={(value) => {
            grade.value = Number(value);
          }}
        />
        <button
          type="button"
          class="plain"
          data-action="till-best"
          disabled={task.busy.value}
          onClick={() => void best()}
        >
          {say.best}
        </button>
      </div>
      {sale.plan.value ? (
        <div class="org-map-frame">
          <SeatMap sale={sale} plan={sale.plan.value} />
        </div>
      ) : null}
      <p class="org-actions">
        <button
          type="button"
          class="primary"
          data-action="till-hold"
          disabled={task.busy.value || chosen === 0 || chosen > party_max}
          onClick={() => void hold()}
        >
          {say.hold(count(chosen))}
        </button>
      </p>
    </section>
  );
}

interface PayingProps {
  held: TillHold;
  performanceId: number;
  till: Till;
  onHeld(hold: TillHold | null): void;
  onSold(sale: TillSale): void;
}

function Paying({ held, performanceId, till, onHeld, onSold }: PayingProps) {
  const say = tillWords.value;
  const task = useMemo(() => new Task(), []);
  const means = useSignal(TillMeans.CASH);
  const tendered = useSignal('');
  const note = useSignal('');
  const name = useSignal('');
  const email = useSignal('');
  const { hold, customerId } = held;
  if (!hold) return null;
  const { holdId, seats, priceTypes } = hold;
  const isCash = means.value === TillMeans.CASH;
  const isComp = means.value === TillMeans.COMP;
  const given = tendered.value ? readAmount(tendered.value, till.currencyDigits) : hold.total;
  const enough = !isCash || (given !== null && given >= hold.total);
  const complete = isCash ? enough : note.value.trim() !== '';
  const choose = (seat: number, type: number) =>
    task.do(async () => {
      const types = seats.map((one) => ({
        seat: one.seat,
        type: one.seat === seat ? type : one.priceType,
      }));
      const wish = { wish: { performanceId, holdId, types }, customerId };
      onHeld(await tillDesk.chooseAtTill(wish, options));
    });
  const release = () =>
    task.do(async () => {
      await tillDesk.releaseAtTill({ wish: { performanceId, holdId }, customerId }, options);
      onHeld(null);
    });
  const sell = () =>
    task.do(async () => {
      const wish = {
        performanceId,
        holdId,
        customerId,
        means: means.value,
        amount: isComp ? 0n : hold.total,
        tendered: isCash && tendered.value ? (given ?? 0n) : 0n,
        note: isCash ? '' : note.value.trim(),
        contact: {
          name: name.value.trim(),
          email: email.value.trim(),
          phone: '',
          language: language.value,
        },
      };
      const done = await tillDesk.sellAtTill(wish, options);
      announce((isComp ? say.given : say.sold)(done.order?.orderNumber ?? ''));
      onSold(done);
    });
  return (
    <FormCard
      id="till-sale"
      title={say.heldTitle}
      text={say.heldUntil(date(hold.expiresAtMs, 'short'))}
      task={task}
      onSubmit={() => {
        if (complete) void sell();
      }}
    >
      <ul class="org-list">
        {seats.map((seat) => (
          <li key={seat.seat} data-seat={seat.seat}>
            <span>
              <strong>{seatName(seat.label)}</strong>
              <span class="soft numeric">{money(seat.amount, till)}</span>
            </span>
            {priceTypes.length > 1 ? (
              <Choice
                label={say.who}
                name={`till-type-${seat.seat}`}
                value={String(seat.priceType)}
                options={priceTypes
                  .filter(
                    (type) =>
                      type.amounts.length === 0 || (type.amounts[seat.category] ?? -1n) >= 0n,
                  )
                  .map((type) => [String(type.number), typeName(type)])}
                onChange={(value) => void choose(seat.seat, Number(value))}
              />
            ) : null}
          </li>
        ))}
      </ul>
      <p>
        {say.total}:{' '}
        <strong class="numeric" data-total>
          {money(isComp ? 0n : hold.total, till)}
        </strong>
      </p>
      <Choice
        label={say.how}
        name="till-means"
        value={String(means.value)}
        options={[
          [String(TillMeans.CASH), say.cash],
          [String(TillMeans.CARD), say.card],
          ...(till.mayGive ? [[String(TillMeans.COMP), say.comp] as const] : []),
        ]}
        onChange={(value) => {
          means.value = Number(value);
          note.value = '';
        }}
      />
      <div class="org-fields">
        {isCash ? (
          <Line
            label={say.tendered}
            name="tendered"
            value={tendered.value}
            hint={
              tendered.value && given !== null && enough
                ? say.change(money(given - hold.total, till))
                : say.tenderedHint
            }
            wrong={given === null ? say.badAmount : enough ? '' : say.tooLittle}
            onInput={(value) => {
              tendered.value = value;
            }}
          />
        ) : (
          <Line
            label={isComp ? say.reason : say.terminal}
            name="till-note"
            value={note.value}
            onInput={(value) => {
              note.value = value.slice(0, 33); // in bytes it is at most 100
            }}
          />
        )}
        <Line
          label={`${say.name} (${organiseWords.value.optional})`}
          name="till-name"
          value={name.value}
          onInput={(value) => {
            name.value = value.slice(0, 33);
          }}
        />
        <Line
          label={`${say.email} (${organiseWords.value.optional})`}
          name="till-email"
          type="email"
          hint={say.mailHint}
          value={email.value}
          onInput={(value) => {
            email.value = value;
          }}
        />
      </div>
      <p class="org-actions">
        <button
          type="submit"
          class="primary"
          data-action="till-sell"
          disabled={task.busy.value || !complete}
        >
          {isComp ? say.give : say.sell(money(hold.total, till))}
        </button>
        <button
          type="button"
          class="quiet"
          data-action="till-release"
          disabled={task.busy.value}
          onClick={() => void release()}
        >
          {say.release}
        </button>
      </p>
    </FormCard>
  );
}

function Sold({ sale, onNext }: { sale: TillSale; onNext(): void }) {
  const say = tillWords.value;
  const task = useMemo(() => new Task(), []);
  const { order, entry, change } = sale;
  if (!order) return null;
  const title = (entry?.means === TillMeans.COMP ? say.given : say.sold)(order.orderNumber);
  const print = () =>
    task.do(async () => {
      const wish = { orderId: order.orderId, format: TicketFormat.PDF };
      const file = await orderDesk.getTicketFile(wish, options);
      download(file.name, file.mediaType, file.content);
    });
  return (
    <section class="card" data-sold={order.orderNumber}>
      <Notice
        tone="plain"
        icon="check"
        title={title}
        text={change > 0n ? say.changeOut(money(change, order)) : ''}
      />
      <Refusal task={task} />
      <ul class="org-seats">
        {order.tickets.map((ticket) => (
          <li key={ticket.seat}>
            {seatName(ticket.label)} <span class="soft numeric">{money(ticket.amount, order)}</span>
          </li>
        ))}
      </ul>
      <p class="org-actions">
        <button
          type="button"
          class="primary"
          data-action="till-print"
          disabled={task.busy.value}
          onClick={() => void print()}
        >
          {say.print}
        </button>
        <button type="button" class="plain" data-action="till-next" onClick={onNext}>
          {say.next}
        </button>
      </p>
    </section>
  );
}
