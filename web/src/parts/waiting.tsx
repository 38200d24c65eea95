import { effect, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import '../style/waiting.css';
import { call_ms, signIn, tickets } from '../api/client';
import { newKey } from '../api/key';
import { SeatKind } from '../gen/usher/v1/hall_pb';
import type { Wish } from '../gen/usher/v1/ticket_wait_pb';
import { count, gradeName, money, seatName } from '../i18n/format';
import { waitingWords } from '../i18n/waiting';
import { words } from '../i18n/words';
import type { Plan } from '../map/plan';
import { announce } from '../state/announce';
import { isEmail } from '../state/checks';
import { Deed } from '../state/deed';
import { keepHold, keptOf, linesOf } from '../state/kept';
import { go, paths } from '../state/route';
import type { Sale } from '../state/sale';
import { storage } from '../state/storage';
import { type JoinReason, WishBook, wishes_max } from '../state/waiting';
import { HoldClock } from './clock';
import { Field, toFirstWrong } from './field';
import { Failed, Notice } from './notice';
import { Select } from './select';
import { Stepper } from './stepper';

interface WaitingProps {
  sale: Sale;
  plan: Plan;
}

const list_ms = 20_000;

/** What one waits for at a performance that has sold out, wholly or in part, and the way onto its list. */
export function Waiting({ sale, plan }: WaitingProps) {
  const say = waitingWords.value;
  const { performanceId } = sale;
  const book = useMemo(() => new WishBook(performanceId), [performanceId]);
  const who = signIn.who.value?.accountId;
  const joining = useSignal(false);
  useEffect(() => {
    void book.look();
  }, [book, who]);
  useEffect(() => {
    const stop = effect(() => {
      sale.version.value;
      book.changed();
    });
    return () => {
      stop();
      book.close();
    };
  }, [book, sale]);
  useListSwitch(sale);
  const offers = book.wishes.value.filter(({ offer }) => offer).length;
  useEffect(() => {
    if (offers > 0) announce(waitingWords.peek().offerNow);
  }, [offers]);

  const offerMs = sale.performance.value?.offerMs ?? 0;
  const wishes = book.wishes.value;
  const hidden = sale.performance.value?.hiddenCategories ?? [];
  const someGone = plan.categories.some(
    ({ places }, at) => places > 0 && !hidden.includes(at) && sale.freeByCategory.value[at] === 0,
  );
  const refused = sale.failure.value?.reason;
  const wanted = someGone || refused === 'NO_ADJACENT_SEATS' || refused === 'SOLD_OUT';
  const joins = offerMs > 0 && sale.open.value && !sale.begun.value && (wanted || joining.value);
  if (wishes.length === 0 && !joins) return null;
  return (
    <section class="waiting" aria-labelledby="waiting-title" data-part="waiting">
      <h2 id="waiting-title">{wishes.length > 0 ? say.mineTitle : say.title}</h2>
      {wishes.length > 0 ? (
        <ul class="waiting-list">
          {wishes.map((wish) => (
            <OwnWish key={wish.wishId} wish={wish} sale={sale} plan={plan} book={book} />
          ))}
        </ul>
      ) : null}
      {!joins ? null : wishes.length >= wishes_max ? (
        <p class="soft">{say.most(wishes_max)}</p>
      ) : joining.value ? (
        <JoinForm
          sale={sale}
          plan={plan}
          book={book}
          onDone={() => {
            joining.value = false;
          }}
        />
      ) : (
        <>
          {wishes.length === 0 ? (
            <p class="soft">{say.text(say.minutes(Math.round(offerMs / 60_000)))}</p>
          ) : null}
          <button
            type="button"
            class="plain wide"
            data-action="waiting"
            onClick={() => {
              joining.value = true;
            }}
          >
            {say.open}
          </button>
        </>
      )}
    </section>
  );
}

/** The organiser may switch the list on, or off, while the page is looked at. */
function useListSwitch(sale: Sale): void {
  useEffect(() => {
    const look = async () => {
      if (document.visibilityState !== 'visible') return;
      const { performanceId } = sale;
      const now = await tickets
        .getPerformance({ performanceId }, { timeoutMs: call_ms })
        .catch(() => null);
      const known = sale.performance.peek();
      if (now && known && now.offerMs !== known.offerMs)
        sale.performance.value = { ...known, offerMs: now.offerMs };
    };
    const timer = setInterval(() => void look(), list_ms);
    return () => clearInterval(timer);
  }, [sale]);
}

interface OwnWishProps extends WaitingProps {
  wish: Wish;
  book: WishBook;
}

function OwnWish({ wish, sale, plan, book }: OwnWishProps) {
  const say = waitingWords.value;
  const deed = useMemo(() => new Deed(), []);
  const { categoryChoice, sectionChoice, offer } = wish;
  const what = [
    say.wish(wish.party, wish.fewest),
    wish.wheelchairs > 0 ? say.wheelchairsOf(wish.wheelchairs) : '',
    categoryChoice.case ? gradeName(plan.categories[categoryChoice.value]?.name ?? '') : '',
    sectionChoice.case ? (plan.sections[sectionChoice.value]?.name ?? '') : '',
  ].filter(Boolean);
  const leave = async () => {
    if (await deed.do(() => book.leave(wish.wishId))) announce(waitingWords.peek().left);
  };
  return (
    <li class={offer ? 'waiting-offered' : ''} data-wish={wish.wishId} data-offered={!!offer}>
      <p class="waiting-what">
        <strong>{what.join(' · ')}</strong>
      </p>
      {offer ? (
        <Offer wish={wish} sale={sale} book={book} deed={deed} />
      ) : (
        <p class="soft numeric" data-ahead={wish.ahead}>
          {wish.ahead === 0 ? say.next : say.ahead(count(wish.ahead))}
        </p>
      )}
      {wish.lapses > 0 && !offer ? <p class="soft">{say.lapsed}</p> : null}
      <Failed failure={deed.failure.value} />
      {offer ? null : (
        <button
          type="button"
          class="quiet"
          data-action="leave-waiting"
          aria-label={`${say.leave}: ${what.join(', ')}`}
          disabled={deed.busy.value}
          onClick={() => void leave()}
        >
          {deed.busy.value ? say.working : say.leave}
        </button>
      )}
    </li>
  );
}

/** Places that are held for one alone: with their minutes, straight on to pay, or on to the next. */
function Offer({ wish, sale, book, deed }: Omit<OwnWishProps, 'plan'> & { deed: Deed }) {
  const say = waitingWords.value;
  const { performanceId } = sale;
  const held = sale.hold.value;
  const { offer } = wish;
  if (!offer) return null;
  if (held?.holdId === offer.holdId) return <p class="soft">{say.inHand}</p>;
  const kept = keptOf(offer, performanceId, newKey());
  const pay = () => {
    keepHold(storage, kept);
    sale.hold.value = kept;
    go(paths.pay(performanceId));
  };
  const letGo = async () => {
    if (await deed.do(() => book.letGo(offer.holdId))) announce(waitingWords.peek().gone);
  };
  return (
    <>
      <p class="waiting-yours">{say.offered}</p>
      <HoldClock
        expiresAtMs={kept.expiresAtMs}
        ttlMs={sale.performance.value?.offerMs ?? 0}
        onOver={() => {
          announce(waitingWords.peek().offerOver);
          void book.look();
        }}
      />
      <ul class="lines">
        {linesOf(kept.seats).map(({ seat, label, amount, quantity }) => (
          <li key={seat} data-seat={seat}>
            <span>{quantity > 1 ? `${seatName(label)} × ${quantity}` : seatName(label)}</span>
            <span class="numeric">{money(amount * quantity, kept)}</span>
          </li>
        ))}
      </ul>
      {held ? (
        <p class="soft">{say.other}</p>
      ) : (
        <button type="button" class="primary wide" data-action="pay-offer" onClick={pay}>
          <span>{words.value.orderAction}</span>
          <span class="numeric">{money(kept.total, kept)}</span>
        </button>
      )}
      <button
        type="button"
        class="quiet wide"
        data-action="let-go"
        disabled={deed.busy.value}
        onClick={() => void letGo()}
      >
        {deed.busy.value ? say.working : say.letGo}
      </button>
      <p class="soft waiting-hint">{say.letGoHint}</p>
    </>
  );
}

function JoinForm({ sale, plan, book, onDone }: WaitingProps & { book: WishBook; onDone(): void }) {
  const say = waitingWords.value;
  const deed = useMemo(() => new Deed(), []);
  const why = useSignal<JoinReason | null>(null);
  const tried = useSignal(false);
  const hidden = sale.performance.value?.hiddenCategories ?? [];
  const only = sale.only.value ?? sale.wish.value.category;
  const category = useSignal(only === null || hidden.includes(only) ? '' : String(only));
  const section = useSignal('');
  const party = useSignal(sale.wish.value.party);
  const fewest = useSignal(sale.wish.value.party);
  const wheelchairs = useSignal(0);
  const email = useSignal('');
  const guest = signIn.who.value === null;
  const bad = email.value.trim() !== '' && !isEmail(email.value);
  const sections = useMemo(() => sectionsOf(plan, category.value), [plan, category.value]);
  const join = async (form: HTMLFormElement) => {
    tried.value = true;
    why.value = null;
    if (guest && bad) return toFirstWrong(form);
    const typed = {
      category: category.value === '' ? null : Number(category.value),
      section: section.value === '' ? null : Number(section.value),
      party: party.value,
      fewest: fewest.value,
      wheelchairs: wheelchairs.value,
      email: guest ? email.value.trim() : '',
    };
    const done = await deed.do(async () => {
      why.value = await book.join(typed);
    });
    if (!done || why.peek()) return;
    announce(waitingWords.peek().joined);
    onDone();
  };
  const reason = why.value && say.reasons[why.value];
  return (
    <form
      class="waiting-form"
      data-form="waiting"
      aria-label={say.open}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void join(event.currentTarget);
      }}
    >
      <Select
        label={say.price}
        name="waiting-price"
        value={category.value}
        options={[
          ['', say.anyPrice],
          ...plan.categories
            .map(({ name, places }, at) => [String(at), gradeName(name), places] as const)
            .filter(([at, , places]) => places > 0 && !hidden.includes(Number(at)))
            .map(([at, name]) => [at, name] as const),
        ]}
        onChange={(value) => {
          category.value = value;
          if (!sectionsOf(plan, value).some(([at]) => at === section.value)) section.value = '';
        }}
      />
      {plan.sections.length > 1 ? (
        <Select
          label={say.section}
          name="waiting-section"
          value={section.value}
          options={[['', say.anySection], ...sections]}
          onChange={(value) => {
            section.value = value;
          }}
        />
      ) : null}
      <Steps
        label={say.party}
        value={party.value}
        min={1}
        max={sale.limit.value}
        onChange={(value) => {
          if (fewest.value === party.value || fewest.value > value) fewest.value = value;
          party.value = value;
          wheelchairs.value = Math.min(wheelchairs.value, fewest.value);
        }}
      />
      {party.value > 1 ? (
        <Steps
          label={say.fewest}
          value={fewest.value}
          min={1}
          max={party.value}
          onChange={(value) => {
            fewest.value = value;
            wheelchairs.value = Math.min(wheelchairs.value, value);
          }}
        />
      ) : null}
      {plan.kind.includes(SeatKind.WHEELCHAIR) ? (
        <Steps
          label={say.wheelchairs}
          value={wheelchairs.value}
          min={0}
          max={fewest.value}
          onChange={(value) => {
            wheelchairs.value = value;
          }}
        />
      ) : null}
      {guest ? (
        <Field
          label={say.email}
          name="waiting-email"
          type="email"
          inputMode="email"
          autocomplete="email"
          hint={say.emailHint}
          wrong={tried.value && bad ? words.value.badEmail : ''}
          value={email.value}
          onInput={(value) => {
            email.value = value;
          }}
        />
      ) : null}
      {reason ? (
        <Notice
          tone="bad"
          icon="alert"
          title={reason.title}
          text={reason.text}
          reason={why.value ?? ''}
        />
      ) : null}
      <Failed failure={deed.failure.value} />
      <button
        type="submit"
        class="primary wide"
        data-action="join-waiting"
        disabled={deed.busy.value}
      >
        {deed.busy.value ? say.working : say.join}
      </button>
      <button type="button" class="quiet wide" onClick={onDone}>
        {say.cancel}
      </button>
    </form>
  );
}

/** A number of people, with its name beside it. */
function Steps(props: {
  label: string;
  value: number;
  min: number;
  max: number;
  onChange(value: number): void;
}) {
  return (
    <div class="waiting-steps" data-steps={props.label}>
      <span>{props.label}</span>
      <Stepper {...props} />
    </div>
  );
}

/** The sections that have places of a category; of none: all. */
function sectionsOf(plan: Plan, category: string): (readonly [string, string])[] {
  const has = new Set<number>();
  for (let seat = 0; seat < plan.count; seat++)
    if (category === '' || plan.category[seat] === Number(category))
      has.add(plan.section[seat] ?? -1);
  return plan.sections
    .filter(({ index }) => has.has(index))
    .map(({ index, name }) => [String(index), name] as const);
}
