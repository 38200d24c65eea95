import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import '../../style/pay.css';
import { moneyDesk } from '../../api/organise';
import {
  FeeBack,
  type Receipt,
  ReceiptKind,
  type SellingTerms,
} from '../../gen/usher/v1/payment_pb';
import { date, money, starts } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { payWords } from '../../i18n/pay';
import { language, words } from '../../i18n/words';
import { Icon } from '../../parts/icon';
import { digitsOf, readAmount, writeAmount } from '../../state/amount';
import { announce } from '../../state/announce';
import { download } from '../../state/download';
import { acting, loadOwn, options, ownEvents, Task } from '../../state/organise';
import { paths } from '../../state/route';
import { Choice, FormCard, Line, Refusal } from './form';

const receipts_page = 20;
const permille_most = 500;
const rules: readonly string[] = ['', 'kr-standard', 'kr-sellers', 'all', 'none'];
const own_rule = 'own';
/** What one's own rule begins with: the steps of kr-standard. */
const standard_rule = '10d 0%, 7d 10%, 3d 20%, 1d 30%, 0d 90%, free 24h 3d';

/** "1.5" per cent as 15 of a thousand; null: it is none. */
function readPermille(text: string): number | null {
  const match = /^(\d{1,2})(?:\.(\d))?$/.exec(text.trim() || '0');
  const permille = match ? Number(match[1]) * 10 + Number(match[2] ?? 0) : null;
  return permille !== null && permille <= permille_most ? permille : null;
}

const writePermille = (permille: number) => String(permille / 10);

/** Who sells, what is paid beside the price, and the numbered papers of all that was paid. */
export function Money() {
  const say = organiseWords.value;
  const performanceId = useSignal(0);
  useEffect(() => {
    if (!ownEvents.peek()) void loadOwn();
  }, []);
  const dates = (ownEvents.value ?? []).flatMap((event) =>
    event.performances.map(
      (one) =>
        [String(one.performanceId), `${event.name} · ${starts(one, 'short')}`] as [string, string],
    ),
  );
  return (
    <>
      <header class="org-head">
        <h1>{say.parts.money}</h1>
      </header>
      <Choice
        label={say.termsFor}
        name="terms-for"
        value={String(performanceId.value)}
        options={[['0', say.termsForAll], ...dates]}
        onChange={(value) => {
          performanceId.value = Number(value);
        }}
      />
      <Terms key={performanceId.value} performanceId={performanceId.value} />
      <Receipts />
    </>
  );
}

const texts = [
  'seller',
  'representative',
  'registrationNumber',
  'mailOrderNumber',
  'address',
  'telephone',
] as const;

/** The terms as they are typed. */
const typedOf = (terms: SellingTerms): Record<string, string> => {
  const feeCurrency = terms.feeCurrency || 'KRW';
  const digits = digitsOf(feeCurrency);
  return {
    ...Object.fromEntries(texts.map((name) => [name, terms[name]])),
    feeCurrency,
    ticketFee: writeAmount(terms.ticketFee, digits),
    orderFee: writeAmount(terms.orderFee, digits),
    feePermille: writePermille(terms.feePermille),
    priceVat: writePermille(terms.priceVatPermille),
    feeVat: writePermille(terms.feeVatPermille),
    feeBack: String(terms.feeBack || FeeBack.BY_RULE),
    refundRule: rules.includes(terms.refundRule) ? terms.refundRule : own_rule,
    ownRule: rules.includes(terms.refundRule) ? standard_rule : terms.refundRule,
  };
};

function Terms({ performanceId }: { performanceId: number }) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), []);
  const terms = useSignal<SellingTerms | null>(null);
  const typed = useSignal<Record<string, string>>({});
  const tried = useSignal(false);
  const organiserId = acting.value?.organiserId ?? 0;
  useEffect(() => {
    void task.do(async () => {
      const found = await moneyDesk.getSellingTerms({ organiserId, performanceId }, options);
      terms.value = found;
      typed.value = typedOf(found);
    });
  }, [task, organiserId, performanceId, terms, typed]);
  if (!terms.value) return <Refusal task={task} />;
  const value = (name: string) => typed.value[name] ?? '';
  const set = (name: string) => (text: string) => {
    typed.value = { ...typed.value, [name]: text };
  };
  const digits = digitsOf(value('feeCurrency'));
  const ticketFee = readAmount(value('ticketFee') || '0', digits);
  const orderFee = readAmount(value('orderFee') || '0', digits);
  const feePermille = readPermille(value('feePermille'));
  const priceVatPermille = readPermille(value('priceVat'));
  const feeVatPermille = readPermille(value('feeVat'));
  const percents = say.badPercent(String(permille_most / 10));
  const save = async () => {
    tried.value = true;
    if (
      ticketFee === null ||
      orderFee === null ||
      feePermille === null ||
      priceVatPermille === null ||
      feeVatPermille === null ||
      (value('refundRule') === own_rule && !value('ownRule').trim())
    )
      return;
    const done = await task.do(async () => {
      const wish = {
        organiserId,
        performanceId,
        ...Object.fromEntries(texts.map((name) => [name, value(name).trim()])),
        feeCurrency: value('feeCurrency').trim(),
        ticketFee,
        orderFee,
        feePermille,
        priceVatPermille,
        feeVatPermille,
        feeBack: Number(value('feeBack')) as FeeBack,
        refundRule:
          value('refundRule') === own_rule ? value('ownRule').trim() : value('refundRule'),
      };
      terms.value = await moneyDesk.setSellingTerms({ terms: wish }, options);
    });
    if (done) announce(say.saved);
  };
  const named: Record<(typeof texts)[number], string> = {
    seller: say.seller,
    representative: say.representative,
    registrationNumber: say.registrationNumber,
    mailOrderNumber: say.mailOrderNumber,
    address: say.sellerAddress,
    telephone: say.telephone,
  };
  const line = (name: string, label: string, wrong = '', hint = '') => (
    <Line
      key={name}
      label={label}
      name={name}
      value={value(name)}
      hint={hint}
      wrong={tried.value ? wrong : ''}
      onInput={set(name)}
    />
  );
  return (
    <FormCard
      id="terms"
      title={say.termsTitle}
      text={say.termsText}
      task={task}
      onSubmit={() => void save()}
    >
      <p class="soft" data-since={String(terms.value.sinceMs)}>
        {terms.value.sinceMs > 0n
          ? say.termsSince(date(terms.value.sinceMs, 'short'))
          : say.termsNever}
      </p>
      <div class="org-fields">
        {texts.map((name) => line(name, named[name]))}
        {line('feeCurrency', say.currency)}
        {line('ticketFee', say.ticketFee, ticketFee === null ? say.badFee : '')}
        {line('feePermille', say.feePermille, feePermille === null ? percents : '')}
        {line('orderFee', say.orderFee, orderFee === null ? say.badFee : '')}
        <Choice
          label={say.feeBack}
          name="feeBack"
          value={value('feeBack')}
          options={[FeeBack.BY_RULE, FeeBack.ALWAYS, FeeBack.NEVER].map(
            (one) => [String(one), say.feeBacks[one] ?? ''] as [string, string],
          )}
          onChange={set('feeBack')}
        />
        {line(
          'priceVat',
          say.priceVat,
          priceVatPermille === null ? percents : '',
          say.priceVatHint,
        )}
        {line('feeVat', say.feeVat, feeVatPermille === null ? percents : '')}
        <Choice
          label={say.refundRule}
          name="refundRule"
          value={value('refundRule')}
          options={[...rules, own_rule].map(
            (one) => [one, say.refundRules[one] ?? one] as [string, string],
          )}
          onChange={set('refundRule')}
        />
        {value('refundRule') === own_rule
          ? line(
              'ownRule',
              say.ownRule,
              value('ownRule').trim() ? '' : say.badRule,
              say.ownRuleHint,
            )
          : null}
      </div>
      <button type="submit" class="primary" data-action="save-terms" disabled={task.busy.value}>
        {say.save}
      </button>
    </FormCard>
  );
}

function Receipts() {
  const say = organiseWords.value;
  const paper = payWords.value;
  const task = useMemo(() => new Task(), []);
  const list = useSignal<Receipt[]>([]);
  const more = useSignal(false);
  const organiserId = acting.value?.organiserId ?? 0;
  const load = () =>
    task.do(async () => {
      const afterNumber = list.peek().at(-1)?.number ?? 0n;
      const request = { organiserId, afterNumber, pageSize: receipts_page };
      const { receipts } = await moneyDesk.listReceipts(request, options);
      list.value = [...list.peek(), ...receipts];
      more.value = receipts.length === receipts_page;
    });
  useEffect(() => {
    void load();
  }, [organiserId]);
  const fetchFile = ({ orderId, number }: Receipt) =>
    task.do(async () => {
      const wish = { orderId, number, language: language.peek() };
      const file = await moneyDesk.getReceiptFile(wish, options);
      download(file.name, file.mediaType, file.content);
    });
  return (
    <section class="card story" aria-labelledby="receipts-title">
      <h2 id="receipts-title">{say.receiptsTitle}</h2>
      <Refusal task={task} />
      {list.value.length === 0 ? (
        <p class="soft">{task.busy.value ? words.value.loading : say.receiptsNone}</p>
      ) : null}
      <ul>
        {list.value.map((receipt) => (
          <li key={String(receipt.number)} data-receipt={ReceiptKind[receipt.kind]}>
            <span>
              <strong>
                {paper.receiptKind[receipt.kind]} {paper.receiptNumber(String(receipt.number))}
              </strong>
              <span class="soft">
                <a href={paths.money(receipt.orderId)}>{receipt.orderNumber}</a>
                {` · ${receipt.eventName} · ${date(receipt.atMs, 'short')}`}
                {receipt.vat > 0n ? ` · ${paper.vat(money(receipt.vat, receipt))}` : ''}
              </span>
            </span>
            <b class="numeric">{money(receipt.total, receipt)}</b>
            <button
              type="button"
              class="plain"
              data-action="receipt"
              disabled={task.busy.value}
              onClick={() => void fetchFile(receipt)}
            >
              <Icon name="save" />
              {paper.receiptFile}
            </button>
          </li>
        ))}
      </ul>
      {more.value ? (
        <button type="button" class="plain" disabled={task.busy.value} onClick={() => void load()}>
          {say.receiptsMore}
        </button>
      ) : null}
    </section>
  );
}
