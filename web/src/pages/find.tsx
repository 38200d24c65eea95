import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { accountWords } from '../i18n/account';
import { words } from '../i18n/words';
import { Field, toFirstWrong } from '../parts/field';
import { openOrder, requestOrderCode } from '../state/account';
import { isEmail } from '../state/checks';
import { Deed } from '../state/deed';
import { go, paths } from '../state/route';
import { CodeField, CodeStep } from './code';
import { FormCard } from './signin';

/** A guest's order on another device: its number, its address, and the code that is mailed there. */
export function FindPage() {
  const say = accountWords.value;
  const deed = useMemo(() => new Deed(), []);
  const number = useSignal('');
  const email = useSignal('');
  const tried = useSignal(false);
  const requestId = useSignal('');
  const code = useSignal('');
  const isNumber = () => number.value.replace(/[\s-]/g, '').length === 10;
  const ask = async () => {
    requestId.value = await requestOrderCode(number.value.trim(), email.value.trim());
  };
  const submit = (form: HTMLFormElement) => {
    tried.value = true;
    if (!isNumber() || !isEmail(email.value)) return toFirstWrong(form);
    void deed.do(ask);
  };
  const open = async () => {
    let orderId = '';
    const act = async () => {
      orderId = await openOrder(requestId.value, code.value);
    };
    if (await deed.do(act)) go(paths.order(orderId), true);
  };
  if (requestId.value) {
    return (
      <CodeStep
        deed={deed}
        email={email.value}
        action={say.findOpen}
        onAgain={ask}
        onSubmit={() => void open()}
      >
        <CodeField code={code} />
      </CodeStep>
    );
  }
  return (
    <FormCard
      title={say.findTitle}
      text={say.findText}
      deed={deed}
      action={say.resetAction}
      busy={say.sending}
      onSubmit={submit}
    >
      <Field
        label={say.orderNumber}
        name="number"
        autocomplete="off"
        maxLength={16}
        value={number.value}
        wrong={tried.value && !isNumber() ? say.badNumber : ''}
        onInput={(value) => {
          number.value = value;
        }}
      />
      <Field
        label={say.email}
        name="email"
        type="email"
        inputMode="email"
        autocomplete="email"
        value={email.value}
        wrong={tried.value && !isEmail(email.value) ? words.value.badEmail : ''}
        onInput={(value) => {
          email.value = value;
        }}
      />
    </FormCard>
  );
}
