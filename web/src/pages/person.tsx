import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Failure } from '../api/failure';
import { refusalOf } from '../api/retry';
import type { PersonService } from '../gen/usher/v1/auth_account_pb';
import { PersonRule } from '../gen/usher/v1/ticket_pb';
import { personWords } from '../i18n/person';
import { words } from '../i18n/words';
import { Field, toFirstWrong } from '../parts/field';
import { Notice } from '../parts/notice';
import { Select } from '../parts/select';
import { Trouble } from '../parts/trouble';
import { announce } from '../state/announce';
import { Deed } from '../state/deed';
import {
  beginPerson,
  carrierNames,
  carriers,
  isBirth,
  isKoreanMobile,
  isPhone,
  loadPersonServices,
  provePerson,
} from '../state/person';
import { go } from '../state/route';
import { CodeField } from './code';
import { FormCard } from './signin';

/** Proves whose the account is, and leads back to where it was asked. */
export function PersonPage({ kind, next }: { kind: PersonRule; next: string }) {
  const say = personWords.value;
  const services = useSignal<PersonService[] | null>(null);
  const lost = useSignal<Failure | null>(null);
  const load = async () => {
    try {
      services.value = await loadPersonServices();
      lost.value = null;
    } catch (cause) {
      lost.value = refusalOf(cause);
    }
  };
  useEffect(() => void load(), []);
  if (lost.value) return <Trouble failure={lost.value} retry={() => void load()} />;
  if (!services.value) return <p class="loading">{words.value.loading}</p>;
  const service = services.value.find((one) => one.kind === kind);
  const identity = kind === PersonRule.IDENTITY;
  if (!service)
    return (
      <section class="form-page">
        <h1>{identity ? say.titleIdentity : say.titlePhone}</h1>
        <Notice tone="warn" icon="alert" title={say.none} />
      </section>
    );
  return <Proof service={service} next={next} />;
}

function Proof({ service, next }: { service: PersonService; next: string }) {
  const say = personWords.value;
  const deed = useMemo(() => new Deed(), []);
  const identity = service.kind === PersonRule.IDENTITY;
  const name = useSignal('');
  const birth = useSignal('');
  const carrier = useSignal<string>(carriers[0]);
  const phone = useSignal('');
  const code = useSignal('');
  const requestId = useSignal('');
  const tried = useSignal(false);
  const goodPhone = identity ? isKoreanMobile(phone.value) : isPhone(phone.value);
  const send = (form: HTMLFormElement) => {
    tried.value = true;
    if (!goodPhone || (identity && (!name.value.trim() || !isBirth(birth.value))))
      return toFirstWrong(form);
    void deed.do(async () => {
      const wish = {
        kind: service.kind,
        phone: phone.value.trim(),
        name: identity ? name.value.trim() : '',
        identityNumber: identity ? birth.value.replace(/[\s-]/g, '') : '',
        carrier: identity ? carrier.value : '',
      };
      requestId.value = await beginPerson(wish);
    });
  };
  const confirm = async () => {
    const done = await deed.do(async () => {
      await provePerson(requestId.value, code.value);
    });
    if (!done) return;
    announce(say.done);
    go(next, true);
  };
  const title = identity ? say.titleIdentity : say.titlePhone;
  const rehearsal = service.standIn ? (
    <p class="hint">
      {say.standIn}{' '}
      <a class="link-text" href={service.messagesUrl} target="_blank" rel="noreferrer">
        {say.standInLink}
      </a>
    </p>
  ) : null;
  if (requestId.value)
    return (
      <FormCard
        title={title}
        text={say.codeText(phone.value)}
        deed={deed}
        action={say.confirm}
        busy={say.confirming}
        onSubmit={() => void confirm()}
        foot={
          <>
            {rehearsal}
            <p>
              <button
                type="button"
                class="plain"
                data-action="again"
                disabled={deed.busy.value}
                onClick={() => {
                  requestId.value = '';
                  code.value = '';
                  deed.failure.value = null;
                }}
              >
                {say.again}
              </button>
            </p>
          </>
        }
      >
        <CodeField code={code} />
      </FormCard>
    );
  return (
    <FormCard
      title={title}
      text={identity ? say.textIdentity : say.textPhone}
      deed={deed}
      action={say.send}
      busy={say.sending}
      onSubmit={send}
      foot={rehearsal}
    >
      {identity ? (
        <>
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
            label={say.birth}
            name="birth"
            inputMode="numeric"
            maxLength={8}
            hint={say.birthHint}
            value={birth.value}
            wrong={tried.value && !isBirth(birth.value) ? say.birthHint : ''}
            onInput={(value) => {
              birth.value = value;
            }}
          />
          <Select
            label={say.carrier}
            name="carrier"
            value={carrier.value}
            options={carriers.map((one) => [one, carrierNames[one]])}
            onChange={(value) => {
              carrier.value = value;
            }}
          />
        </>
      ) : null}
      <Field
        label={say.phone}
        name="phone"
        type="tel"
        inputMode="tel"
        autocomplete="tel"
        maxLength={24}
        hint={identity ? say.phoneHintKorea : say.phoneHint}
        value={phone.value}
        wrong={tried.value && !goodPhone ? (identity ? say.phoneHintKorea : say.phoneHint) : ''}
        onInput={(value) => {
          phone.value = value;
        }}
      />
    </FormCard>
  );
}
