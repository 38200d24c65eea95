import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import '../style/pay.css';
import { call_ms, signIn, tickets } from '../api/client';
import { serverClock } from '../api/clock';
import type { Failure } from '../api/failure';
import { persist, refusalOf } from '../api/retry';
import { till } from '../api/till';
import {
  type Payment,
  PaymentState,
  type Provider,
  type PurchaseQuote,
} from '../gen/usher/v1/payment_pb';
import { PaymentMethod, type Performance } from '../gen/usher/v1/ticket_pb';
import { date, money, seatName, starts, typeName } from '../i18n/format';
import { payWords } from '../i18n/pay';
import { language, words } from '../i18n/words';
import { HoldClock } from '../parts/clock';
import { DepositForm, emptyWish, wishOf, wrongWith } from '../parts/depositform';
import { Field, toFirstWrong } from '../parts/field';
import { Icon } from '../parts/icon';
import { Failed, Notice } from '../parts/notice';
import { PriceCode } from '../parts/pricecode';
import { PriceTypes } from '../parts/pricetypes';
import { RefundTable } from '../parts/refundtable';
import { Trouble } from '../parts/trouble';
import { isEmail, isPhone } from '../state/checks';
import { Deed } from '../state/deed';
import { dropHold, endHold, type KeptHold, keptHold, linesOf } from '../state/kept';
import { go, paths } from '../state/route';
import { storage } from '../state/storage';
import {
  abandonPayment,
  beginPayment,
  type Contact,
  getPayment,
  keptPayment,
  quotePurchase,
} from '../state/till';

interface Order {
  performance: Performance;
  providers: Provider[];
  open: Payment | null; // an attempt that waits for its buyer
  quote: PurchaseQuote | null; // null: nobody can pay online
}

async function look(performanceId: number, hold: KeptHold | null): Promise<Order> {
  const options = { timeoutMs: call_ms };
  const kept = keptPayment();
  const [performance, providers, open, quote] = await Promise.all([
    persist(() => tickets.getPerformance({ performanceId }, options)),
    // A server without a provider sells at the box office alone.
    persist(() => till.listProviders({ performanceId }, options)).then(
      (answer) => answer.providers,
      () => [],
    ),
    kept?.performanceId === performanceId ? getPayment(kept.paymentId).catch(() => null) : null,
    hold ? quotePurchase(hold).catch(() => null) : null,
  ]);
  // What it costs is not known: then nobody pays by what he was not told.
  return { performance, providers: quote ? providers : [], open, quote };
}

/** Who gets the tickets, how they are paid, and the one button that does it. */
export function PayPage({ performanceId }: { performanceId: number }) {
  const say = payWords.value;
  const hold = useSignal(keptHold(storage, performanceId, serverClock.now()));
  const order = useSignal<Order | null>(null);
  const lost = useSignal<Failure | null>(null);
  const way = useSignal<string | null>(null); // null: nothing was chosen yet
  const load = () => {
    lost.value = null;
    look(performanceId, hold.peek()).then(
      (found) => {
        order.value = found;
      },
      (cause) => {
        lost.value = refusalOf(cause);
      },
    );
  };
  useEffect(load, [performanceId]);
  useEffect(() => {
    document.title = `${say.title} · Usher`;
  }, [say]);
  if (lost.value) return <Trouble failure={lost.value} retry={load} />;
  if (!hold.value) return <NothingHeld performanceId={performanceId} />;
  if (!order.value) return <p class="loading">{words.value.loading}</p>;
  const chosenAnew = (kept: KeptHold) => {
    hold.value = kept;
    load();
  };
  const { open, quote, providers } = order.value;
  // What costs nothing needs no way to be paid: it is ordered at once.
  const free = quote?.total === 0n;
  const chosen = free ? box_office : (way.value ?? providers[0]?.name ?? box_office);
  const priced = chosen === box_office || chosen === box_office_later ? null : quote;
  return (
    <div class="pay">
      <h1>{say.title}</h1>
      <Summary
        hold={hold.value}
        performance={order.value.performance}
        quote={priced}
        onOver={() => {
          if (hold.value) endHold(storage, hold.value);
          hold.value = null;
        }}
      />
      {open && open.state === PaymentState.WAITING && open.orderId === hold.value.holdId ? (
        <OpenPayment payment={open} onEnd={load} />
      ) : (
        <>
          <PriceTypes
            hold={hold.value}
            prices={pricesOf(order.value.performance)}
            onChosen={chosenAnew}
          />
          {order.value.performance.takesCodes || hold.value.code ? (
            <PriceCode hold={hold.value} onChosen={chosenAnew} />
          ) : null}
          <Form
            performance={order.value.performance}
            hold={hold.value}
            providers={providers}
            way={chosen}
            quote={quote}
            free={free}
            onWay={(value) => {
              way.value = value;
            }}
            onGone={() => {
              hold.value = keptHold(storage, performanceId, serverClock.now());
            }}
          />
        </>
      )}
    </div>
  );
}

function NothingHeld({ performanceId }: { performanceId: number }) {
  const say = payWords.value;
  return (
    <section class="trouble">
      <Icon name="clock" />
      <h1>{say.nothingHeld}</h1>
      <p>{say.nothingHeldText}</p>
      <p class="trouble-actions">
        <a class="primary" href={paths.performance(performanceId)}>
          {say.toHallAgain}
        </a>
      </p>
    </section>
  );
}

const pricesOf = ({ prices }: Performance) => prices.map(({ amount }) => Number(amount));

function nameOfType(hold: KeptHold, number: number): string {
  const type = hold.types?.find((one) => one.number === number);
  return type ? typeName(type) : '';
}

interface SummaryProps {
  hold: KeptHold;
  performance: Performance;
  quote: PurchaseQuote | null; // null: paid at the box office, without a fee
  onOver(): void;
}

function Summary({ hold, performance, quote, onOver }: SummaryProps) {
  const say = payWords.value;
  return (
    <section class="pay-summary" aria-labelledby="summary-title">
      <HoldClock expiresAtMs={hold.expiresAtMs} ttlMs={performance.holdTtlMs} onOver={onOver} />
      <div class="card">
        <h2 id="summary-title" class="unseen">
          {say.summary}
        </h2>
        <p class="pay-event">{performance.eventName}</p>
        <p class="soft">
          {starts(performance, 'full')} · {performance.hall?.name}
        </p>
        <ul class="lines">
          {linesOf(hold.seats).map(({ seat, label, amount, quantity, type }) => (
            <li key={seat}>
              <span>
                {quantity > 1 ? `${seatName(label)} × ${quantity}` : seatName(label)}
                {type ? <span class="soft"> {nameOfType(hold, type)}</span> : null}
              </span>
              <span class="numeric">{money(amount * quantity, hold)}</span>
            </li>
          ))}
          {quote && quote.fee > 0n ? (
            <li data-line="fee">
              <span>{say.fee}</span>
              <span class="numeric">{money(quote.fee, quote)}</span>
            </li>
          ) : null}
          <li class="lines-total">
            <span>{words.value.total}</span>
            <b class="numeric">{quote ? money(quote.total, quote) : money(hold.total, hold)}</b>
          </li>
        </ul>
        {quote && quote.vat > 0n ? (
          <p class="hint numeric">{say.vat(money(quote.vat, quote))}</p>
        ) : null}
      </div>
    </section>
  );
}

/** One came back from the provider's page without having paid. */
function OpenPayment({ payment, onEnd }: { payment: Payment; onEnd(): void }) {
  const say = payWords.value;
  const deed = useMemo(() => new Deed(), []);
  const end = async () => {
    const ended = await deed.do(async () => {
      await abandonPayment(payment.paymentId);
    });
    if (ended) onEnd();
  };
  return (
    <section class="card pay-open">
      <h2>{say.openTitle}</h2>
      <p class="soft">{say.openText}</p>
      <Failed failure={deed.failure.value} />
      <a class="primary wide" data-action="continue" href={payment.redirectUrl} rel="external">
        {say.openContinue}
      </a>
      <button
        type="button"
        class="quiet"
        data-action="abandon"
        disabled={deed.busy.value}
        onClick={() => void end()}
      >
        {say.openEnd}
      </button>
    </section>
  );
}

const box_office = '';
const by_account = 'virtual-account';
const box_office_later = 'box-office'; // held until a deadline, and paid there
const bank = ':bank'; // behind a provider's name: to an account that it opens

interface FormProps {
  hold: KeptHold;
  performance: Performance;
  providers: Provider[];
  way: string; // a provider's name, or the box office
  quote: PurchaseQuote | null;
  free: boolean;
  onWay(way: string): void;
  onGone(): void;
}

function Form({ hold, performance, providers, way, quote, free, onWay, onGone }: FormProps) {
  const say = payWords.value;
  const deed = useMemo(() => new Deed(), []);
  const contact = useSignal<Contact>({
    name: signIn.who.value?.name ?? '',
    email: signIn.who.value?.email ?? '',
    phone: '',
    language: language.value,
  });
  const terms = useSignal(false);
  const equalPlaces = useSignal(false);
  const wish = useSignal(emptyWish);
  const tried = useSignal(false);
  const leaving = useSignal(false);
  const { name, email, phone } = contact.value;
  const set = (part: Partial<Contact>) => {
    contact.value = { ...contact.value, ...part };
  };
  useEffect(() => {
    // The back button brings the page as it was left: on its way to the provider.
    const shown = () => {
      leaving.value = false;
    };
    addEventListener('pageshow', shown);
    return () => removeEventListener('pageshow', shown);
  }, [leaving]);

  const wrong = {
    name: name.trim() ? '' : words.value.fillIn,
    email: isEmail(email) ? '' : words.value.badEmail,
    phone: phone.trim() === '' || isPhone(phone) ? '' : words.value.badPhone,
  };
  const buy = async () => {
    const { performanceId, holdId, orderKey } = hold;
    const who = {
      name: name.trim(),
      email: email.trim(),
      phone: phone.trim(),
      language: language.value,
    };
    const [provider = ''] = way.split(':');
    if (provider !== box_office) {
      const payment = await beginPayment({
        performanceId,
        holdId,
        provider,
        contact: who,
        equalPlaces: equalPlaces.value,
        expectedAmount: provider === box_office_later ? 0n : (quote?.total ?? 0n),
        ...(atBank ? { deposit: wishOf(wish.value) } : {}),
      });
      // What is paid later is held by the attempt, and no longer chosen here.
      if (payment.state === PaymentState.DEPOSIT) dropHold(storage, performanceId);
      leaving.value = true;
      if (payment.state === PaymentState.WAITING && payment.redirectUrl)
        location.assign(payment.redirectUrl);
      else go(`${paths.paid}?payment=${encodeURIComponent(payment.paymentId)}`);
      return;
    }
    const request = {
      performanceId,
      holdId,
      paymentMethod: PaymentMethod.BOX_OFFICE,
      idempotencyKey: orderKey,
      contact: who,
    };
    const placed = await persist(() => tickets.placeOrder(request, { timeoutMs: call_ms }));
    dropHold(storage, performanceId);
    go(paths.placed(placed.orderId), true);
  };
  const atBank = way.endsWith(bank);
  const later = atBank || way === box_office_later;
  const card = way !== box_office && !later;
  const priced = way === box_office || way === box_office_later ? null : quote;
  // A hold's time is the server's to know; it is told to the minute.
  const until = date(hold.expiresAtMs - performance.holdTtlMs + performance.payLaterMs, 'short');
  const submit = async (form: HTMLFormElement) => {
    tried.value = true;
    const badWish = atBank && wrongWith(wish.value) !== null;
    if (wrong.name || wrong.email || wrong.phone || badWish || !terms.value)
      return toFirstWrong(form);
    if (await deed.do(buy)) return;
    const reason = deed.failure.value?.reason;
    if (reason === 'HOLD_EXPIRED' || reason === 'HOLD_NOT_FOUND') {
      endHold(storage, hold);
      onGone();
    }
  };
  const busy = deed.busy.value || leaving.value;
  const chosen = providers.find((provider) => provider.name === way.split(':')[0]);
  return (
    <form
      class="pay-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit(event.currentTarget);
      }}
    >
      <section class="card pay-rows" aria-labelledby="who-title">
        <h2 id="who-title">{say.who}</h2>
        <Field
          label={say.name}
          name="name"
          autocomplete="name"
          value={name}
          wrong={tried.value ? wrong.name : ''}
          onInput={(value) => set({ name: value })}
        />
        <Field
          label={say.email}
          name="email"
          type="email"
          inputMode="email"
          autocomplete="email"
          value={email}
          hint={say.emailHint}
          wrong={tried.value ? wrong.email : ''}
          onInput={(value) => set({ email: value })}
        />
        <Field
          label={say.phone}
          name="phone"
          type="tel"
          inputMode="tel"
          autocomplete="tel"
          value={phone}
          hint={say.phoneHint}
          wrong={tried.value ? wrong.phone : ''}
          onInput={(value) => set({ phone: value })}
        />
      </section>
      {free ? null : (
        <fieldset class="card pay-ways">
          <legend>{say.how}</legend>
          {providers
            .filter(({ name: provider }) => provider !== box_office_later)
            .map((provider) => (
              <Way
                key={provider.name}
                value={provider.name}
                chosen={way}
                title={provider.title}
                hint={provider.methods
                  .filter((method) => method !== by_account)
                  .map((method) => say.method[method] ?? method)
                  .join(' · ')}
                onChoose={onWay}
              />
            ))}
          {providers
            .filter(({ methods }) => methods.includes(by_account))
            .map((provider) => (
              <Way
                key={provider.name}
                value={provider.name + bank}
                chosen={way}
                title={say.laterBank}
                hint={say.laterBankHint(until)}
                onChoose={onWay}
              />
            ))}
          {performance.payLaterMs > 0 ? (
            <Way
              value={box_office_later}
              chosen={way}
              title={say.boxOffice}
              hint={say.laterBoxHint(until)}
              onChoose={onWay}
            />
          ) : performance.paymentRequired ? null : (
            <Way
              value={box_office}
              chosen={way}
              title={say.boxOffice}
              hint={say.boxOfficeHint}
              onChoose={onWay}
            />
          )}
        </fieldset>
      )}
      {atBank ? (
        <DepositForm
          wish={wish.value}
          tried={tried.value}
          fillIn={words.value.fillIn}
          onChange={(value) => {
            wish.value = value;
          }}
        />
      ) : null}
      {chosen?.testMoney ? <Notice tone="warn" icon="alert" title={say.testMoney} /> : null}
      {card ? (
        <label class="check">
          <input
            type="checkbox"
            name="equal-places"
            checked={equalPlaces.value}
            onChange={({ currentTarget }) => {
              equalPlaces.value = currentTarget.checked;
            }}
          />
          <span>{say.equalPlaces}</span>
        </label>
      ) : null}
      <div class="field pay-terms" data-wrong={tried.value && !terms.value ? '' : undefined}>
        <label class="check">
          <input
            type="checkbox"
            name="terms"
            checked={terms.value}
            onChange={({ currentTarget }) => {
              terms.value = currentTarget.checked;
            }}
          />
          <span>{say.terms}</span>
        </label>
        {tried.value && !terms.value ? <small class="field-bad">{say.termsNeeded}</small> : null}
        {priced ? <Refunds quote={priced} /> : null}
      </div>
      {priced?.terms?.seller ? <Seller quote={priced} /> : null}
      <Failed failure={deed.failure.value} />
      <div class="pay-action">
        <button type="submit" class="primary wide" data-action="pay" disabled={busy}>
          <span>
            {busy
              ? card
                ? say.toProvider
                : words.value.ordering
              : later
                ? say.holdAction
                : card
                  ? say.payAction
                  : say.bookAction}
          </span>
          <span class="numeric">
            {priced ? money(priced.total, priced) : money(hold.total, hold)}
          </span>
        </button>
        {card ? <p class="hint">{say.secure}</p> : null}
      </div>
    </form>
  );
}

/** What one would get back, before one has paid. */
function Refunds({ quote }: { quote: PurchaseQuote }) {
  const say = payWords.value;
  const [now, then] = quote.refunds;
  return (
    <details data-refunds={quote.refundRule}>
      <summary>{say.rules}</summary>
      {now ? (
        <p>
          {say.refundNow(money(now.refund, quote))}{' '}
          {then ? say.refundLess(date(now.untilMs, 'short')) : ''}
        </p>
      ) : (
        <p>{say.refundNone}</p>
      )}
      {then ? <RefundTable steps={quote.refunds} priced={quote} /> : null}
      <p class="soft">{say.rulesText}</p>
    </details>
  );
}

/** Who sells, as the law wants it said where one pays. */
function Seller({ quote: { terms } }: { quote: PurchaseQuote }) {
  const say = payWords.value;
  if (!terms) return null;
  const names = say.sellerLines;
  const lines = [
    [names.representative, terms.representative],
    [names.registration, terms.registrationNumber],
    [names.mailOrder, terms.mailOrderNumber],
    [names.address, terms.address],
    [names.telephone, terms.telephone],
  ];
  return (
    <p class="hint" data-seller>
      {`${say.seller}: ${terms.seller}`}
      {lines.map(([name, text]) => (text ? ` · ${name} ${text}` : ''))}
    </p>
  );
}

interface WayProps {
  value: string;
  chosen: string;
  title: string;
  hint: string;
  onChoose(value: string): void;
}

function Way({ value, chosen, title, hint, onChoose }: WayProps) {
  return (
    <label class="way-choice">
      <input
        type="radio"
        name="way"
        value={value}
        checked={chosen === value}
        onChange={() => onChoose(value)}
      />
      <span>
        <strong>{title}</strong>
        {hint ? <span class="soft">{hint}</span> : null}
      </span>
    </label>
  );
}
