import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import '../style/account.css';
import { accountWords } from '../i18n/account';
import { providerName, providerWords } from '../i18n/provider';
import { words } from '../i18n/words';
import { Field, toFirstWrong } from '../parts/field';
import { Icon } from '../parts/icon';
import { Failed } from '../parts/notice';
import { Terms } from '../parts/terms';
import { verifyEmail } from '../state/account';
import { announce } from '../state/announce';
import { isEmail } from '../state/checks';
import { Deed } from '../state/deed';
import { type Back, comeBack, createProven, finishWith } from '../state/provider';
import { go, paths } from '../state/route';
import { CodeField, CodeStep } from './code';
import { FactorField, FormCard } from './signin';

/** Where a service sends the browser back to. */
export function ProviderPage({ provider, said }: { provider: string; said: string }) {
  const say = providerWords.value;
  const deed = useMemo(() => new Deed(), []);
  const back = useSignal<Back | null>(null);
  useEffect(() => {
    // What came back is good once: it does not stay in the address.
    history.replaceState(null, '', location.pathname);
    void deed.do(async () => {
      back.value = await comeBack(provider, said);
    });
  }, [back, deed, provider, said]);
  const { answer = null, next = '/', nothing = false } = back.value ?? {};
  const done = answer?.session || answer?.linked;
  useEffect(() => {
    if (!done) return;
    if (answer?.linked) announce(say.connected(providerName(provider)));
    go(next, true);
  }, [done, answer, next, provider, say]);

  if (deed.failure.value || nothing) {
    return (
      <section class="trouble">
        <Icon name="person" />
        <h1>{say.nothingTitle}</h1>
        {deed.failure.value ? <Failed failure={deed.failure.value} /> : <p>{say.nothingText}</p>}
        <p class="trouble-actions">
          <a class="primary" href={paths.signIn(next)}>
            {say.again}
          </a>
        </p>
      </section>
    );
  }
  if (!answer || done) return <p class="loading">{say.returning(providerName(provider))}</p>;
  return answer.secondFactorNeeded ? (
    <SecondFactor proven={answer.proven} next={next} />
  ) : (
    <NewAccount provider={provider} answer={answer} next={next} />
  );
}

function SecondFactor({ proven, next }: { proven: string; next: string }) {
  const say = providerWords.value;
  const deed = useMemo(() => new Deed(), []);
  const digits = useSignal('');
  const submit = async () => {
    if (await deed.do(() => finishWith(proven, digits.value))) go(next, true);
  };
  return (
    <FormCard
      title={say.factorTitle}
      text={say.factorText}
      deed={deed}
      action={say.factorAction}
      busy={accountWords.value.signingIn}
      onSubmit={() => void submit()}
    >
      <FactorField digits={digits} />
    </FormCard>
  );
}

interface NewAccountProps {
  provider: string;
  answer: { proven: string; email: string; name: string };
  next: string;
}

function NewAccount({ provider, answer, next }: NewAccountProps) {
  const say = accountWords.value;
  const deed = useMemo(() => new Deed(), []);
  const email = useSignal(answer.email);
  const name = useSignal(answer.name);
  const terms = useSignal(false);
  const tried = useSignal(false);
  const requestId = useSignal('');
  const code = useSignal('');
  const digits = useSignal('');
  const ask = async () => {
    const wish = { email: email.value.trim(), name: name.value.trim(), proven: answer.proven };
    requestId.value = await createProven(wish);
  };
  const submit = (form: HTMLFormElement) => {
    tried.value = true;
    if (!isEmail(email.value) || !name.value.trim() || !terms.value) return toFirstWrong(form);
    void deed.do(ask);
  };
  const confirm = async () => {
    const act = () => verifyEmail(email.value.trim(), code.value, requestId.value, digits.value);
    if (await deed.do(act)) go(next, true);
  };
  if (requestId.value) {
    return (
      <CodeStep deed={deed} email={email.value} onAgain={ask} onSubmit={() => void confirm()}>
        <CodeField code={code} />
        {digits.value || deed.failure.value?.reason === 'SECOND_FACTOR_NEEDED' ? (
          <FactorField digits={digits} />
        ) : null}
      </CodeStep>
    );
  }
  return (
    <FormCard
      title={providerWords.value.newTitle}
      text={providerWords.value.newText(providerName(provider))}
      deed={deed}
      action={providerWords.value.newAction}
      busy={say.sending}
      onSubmit={submit}
    >
      <Field
        label={say.name}
        name="name"
        autocomplete="name"
        value={name.value}
        wrong={tried.value && !name.value.trim() ? words.value.fillIn : ''}
        onInput={(value) => {
          name.value = value;
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
      <Terms terms={terms} tried={tried.value} />
    </FormCard>
  );
}
