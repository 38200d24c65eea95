import { CashReceiptKind } from '../gen/usher/v1/payment_pb';
import { payWords } from '../i18n/pay';
import { allBanks, openingBanks } from '../state/banks';
import { Field } from './field';
import { Select } from './select';

/** What is asked of who pays into an account. */
export interface DepositWish {
  bank: string;
  refundBank: string;
  refundNumber: string;
  refundHolder: string;
  cashReceipt: CashReceiptKind;
  cashReceiptNumber: string;
}

export const emptyWish: DepositWish = {
  bank: '20',
  refundBank: '04',
  refundNumber: '',
  refundHolder: '',
  cashReceipt: CashReceiptKind.UNSPECIFIED,
  cashReceiptNumber: '',
};

const digits = (text: string) => text.replace(/[^0-9]/g, '');

/** What is wrong with it, by field; null: nothing. */
export function wrongWith(wish: DepositWish): 'number' | 'holder' | 'receipt' | null {
  if (!/^[0-9-]{6,30}$/.test(wish.refundNumber.trim())) return 'number';
  if (!wish.refundHolder.trim()) return 'holder';
  const { length } = digits(wish.cashReceiptNumber);
  const wants = wish.cashReceipt !== CashReceiptKind.UNSPECIFIED;
  return wants && (length < 10 || length > 18) ? 'receipt' : null;
}

export const wishOf = (wish: DepositWish) => ({
  bank: wish.bank,
  refundAccount: {
    bank: wish.refundBank,
    number: wish.refundNumber.trim(),
    holder: wish.refundHolder.trim(),
  },
  cashReceipt: wish.cashReceipt,
  cashReceiptNumber: wish.cashReceipt ? digits(wish.cashReceiptNumber) : '',
});

interface Props {
  wish: DepositWish;
  tried: boolean;
  fillIn: string;
  onChange(wish: DepositWish): void;
}

export function DepositForm({ wish, tried, fillIn, onChange }: Props) {
  const say = payWords.value;
  const wrong = tried ? wrongWith(wish) : null;
  const set = (part: Partial<DepositWish>) => onChange({ ...wish, ...part });
  return (
    <section class="card pay-rows" data-deposit aria-labelledby="deposit-title">
      <h2 id="deposit-title">{say.laterBank}</h2>
      <Select
        label={say.laterBankName}
        name="bank"
        value={wish.bank}
        options={openingBanks()}
        onChange={(bank) => set({ bank })}
      />
      <h3>{say.refundAccountTitle}</h3>
      <p class="hint">{say.refundAccountText}</p>
      <Select
        label={say.refundBank}
        name="refund-bank"
        value={wish.refundBank}
        options={allBanks()}
        onChange={(refundBank) => set({ refundBank })}
      />
      <Field
        label={say.refundNumber}
        name="refund-number"
        inputMode="numeric"
        maxLength={30}
        value={wish.refundNumber}
        wrong={wrong === 'number' ? say.badAccount : ''}
        onInput={(refundNumber) => set({ refundNumber })}
      />
      <Field
        label={say.refundHolder}
        name="refund-holder"
        maxLength={20}
        value={wish.refundHolder}
        wrong={wrong === 'holder' ? fillIn : ''}
        onInput={(refundHolder) => set({ refundHolder })}
      />
      <Select
        label={say.cashReceipt}
        name="cash-receipt"
        value={String(wish.cashReceipt)}
        options={say.cashReceiptKinds.map((text, kind) => [String(kind), text])}
        onChange={(kind) => set({ cashReceipt: Number(kind) as CashReceiptKind })}
      />
      {wish.cashReceipt ? (
        <Field
          label={say.cashReceiptNumber[wish.cashReceipt] ?? ''}
          name="cash-receipt-number"
          inputMode="numeric"
          maxLength={24}
          value={wish.cashReceiptNumber}
          wrong={wrong === 'receipt' ? say.badCashReceipt : ''}
          onInput={(cashReceiptNumber) => set({ cashReceiptNumber })}
        />
      ) : null}
    </section>
  );
}
