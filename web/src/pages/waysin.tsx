import '../style/orders.css';
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Account } from '../gen/usher/v1/auth_pb';
import { accountWords } from '../i18n/account';
import { date } from '../i18n/format';
import { providerName, providerWords } from '../i18n/provider';
import { Failed } from '../parts/notice';
import { Password } from '../parts/password';
import { useProviders } from '../parts/providers';
import { QrCode } from '../parts/qr';
import { beginFactor, confirmFactor, removeFactor } from '../state/account';
import { announce } from '../state/announce';
import { Deed } from '../state/deed';
import { leaveFor, unlink } from '../state/provider';
import { paths } from '../state/route';
import { FactorField } from './signin';

interface Props {
  who: Account;
  onChange(): void;
}

/** Services that sign in to this account. */
export function WaysIn({ who, onChange }: Props) {
  const say = providerWords.value;
  const deed = useMemo(() => new Deed(), []);
  const providers = useProviders();
  const asking = useSignal<{ provider: string; linked: boolean } | null>(null);
  const password = useSignal('');
  const linked = new Map(who.providers.map((row) => [row.provider, row]));
  const all = [...new Set([...linked.keys(), ...providers.value])];
  if (!all.length) return null;
  const act = async (provider: string, isLinked: boolean) => {
    if (!isLinked) {
      await deed.do(() => leaveFor(provider, paths.account, { password: password.value }));
      return;
    }
    if (!(await deed.do(() => unlink(provider, password.value)))) return;
    announce(say.disconnected(providerName(provider)));
    asking.value = null;
    onChange();
  };
  const begin = (provider: string, isLinked: boolean) => {
    password.value = '';
    if (who.hasPassword) asking.value = { provider, linked: isLinked };
    else void act(provider, isLinked);
  };
  return (
    <section class="card" aria-labelledby="ways-title">
      <h2 id="ways-title">{say.waysTitle}</h2>
      <p class="soft">{say.waysText}</p>
      {asking.value ? null : <Failed failure={deed.failure.value} />}
      <ul class="sessions">
        {all.map((provider) => {
          const row = linked.get(provider);
          const name = providerName(provider);
          return (
            <li key={provider}>
              <span>
                <strong>{name}</strong>
                <span class="soft">
                  {row
                    ? [row.email, say.since(date(row.linkedAtMs, 'day'))]
                        .filter(Boolean)
                        .join(' · ')
                    : ''}
                </span>
              </span>
              <button
                type="button"
                class="plain"
                data-provider={provider}
                disabled={deed.busy.value}
                aria-label={row ? `${say.disconnect}: ${name}` : undefined}
                onClick={() => begin(provider, row !== undefined)}
              >
                {row ? say.disconnect : say.connect(name)}
              </button>
            </li>
          );
        })}
      </ul>
      {asking.value ? (
        <PasswordStep
          deed={deed}
          password={password}
          action={
            asking.value.linked
              ? `${say.disconnect}: ${providerName(asking.value.provider)}`
              : say.connect(providerName(asking.value.provider))
          }
          onCancel={() => {
            asking.value = null;
          }}
          onSubmit={() => asking.value && void act(asking.value.provider, asking.value.linked)}
        />
      ) : null}
    </section>
  );
}

interface StepProps {
  deed: Deed;
  password: { value: string };
  action: string;
  children?: preact.ComponentChildren;
  needsPassword?: boolean;
  onCancel(): void;
  onSubmit(): void;
}

/** The password once more, before something about signing in changes. */
function PasswordStep({
  deed,
  password,
  action,
  children,
  needsPassword = true,
  onCancel,
  onSubmit,
}: StepProps) {
  return (
    <form
      class="form-rows"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Failed failure={deed.failure.value} />
      {children}
      {needsPassword ? (
        <Password
          label={accountWords.value.password}
          value={password.value}
          onInput={(value) => {
            password.value = value;
          }}
        />
      ) : null}
      <p class="form-row">
        <button type="button" class="plain" onClick={onCancel}>
          {providerWords.value.cancel}
        </button>
        <button type="submit" class="primary" disabled={deed.busy.value}>
          {action}
        </button>
      </p>
    </form>
  );
}

/** What helps whoever loses the authenticator; shown once. */
function RecoveryCodes({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  const say = providerWords.value;
  return (
    <section class="card" aria-labelledby="recovery-title">
      <h2 id="recovery-title">{say.recoveryTitle}</h2>
      <p class="soft">{say.recoveryText}</p>
      <ul class="recovery-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <p>
        <button type="button" class="primary" data-action="recovery-kept" onClick={onKept}>
          {say.recoveryKept}
        </button>
      </p>
    </section>
  );
}

/** An authenticator: set up, or taken off. */
export function SecondFactor({ who, onChange }: Props) {
  const say = providerWords.value;
  const deed = useMemo(() => new Deed(), []);
  const begun = useSignal<{ secret: string; uri: string } | null>(null);
  const removing = useSignal(false);
  const password = useSignal('');
  const digits = useSignal('');
  const codes = useSignal<string[]>([]);
  const begin = async () => {
    password.value = digits.value = '';
    await deed.do(async () => {
      begun.value = await beginFactor();
    });
  };
  const finish = async (act: () => Promise<void>, said: string) => {
    if (!(await deed.do(act))) return;
    announce(said);
    begun.value = null;
    removing.value = false;
    onChange();
  };
  const cancel = () => {
    begun.value = null;
    removing.value = false;
  };
  const turnOn = async (secret: string) => {
    const act = async () => {
      codes.value = await confirmFactor(secret, digits.value, password.value);
    };
    if (!(await deed.do(act))) return;
    announce(say.secondDone);
    cancel();
  };
  const key = begun.value;
  if (codes.value.length > 0)
    return (
      <RecoveryCodes
        codes={codes.value}
        onKept={() => {
          codes.value = [];
          onChange();
        }}
      />
    );
  return (
    <section class="card" aria-labelledby="factor-title">
      <h2 id="factor-title">{say.secondTitle}</h2>
      <p class="soft">{who.secondFactor ? say.secondOn : say.secondText}</p>
      {key ? (
        <PasswordStep
          deed={deed}
          password={password}
          needsPassword={who.hasPassword}
          action={say.secondConfirm}
          onCancel={cancel}
          onSubmit={() => void turnOn(key.secret)}
        >
          <p>{say.secondScan}</p>
          <div class="factor-qr">
            <QrCode text={key.uri} label={say.secondQr} />
          </div>
          <p>
            {say.secondKey}: <code class="factor-key">{key.secret}</code>
          </p>
          <FactorField digits={digits} label={accountWords.value.secondDigits} />
        </PasswordStep>
      ) : removing.value ? (
        <PasswordStep
          deed={deed}
          password={password}
          needsPassword={who.hasPassword}
          action={say.secondRemove}
          onCancel={cancel}
          onSubmit={() =>
            void finish(() => removeFactor(digits.value, password.value), say.secondGone)
          }
        >
          <FactorField digits={digits} />
        </PasswordStep>
      ) : (
        <>
          <Failed failure={deed.failure.value} />
          <p>
            <button
              type="button"
              class="plain"
              data-action="second-factor"
              disabled={deed.busy.value}
              onClick={() => {
                if (!who.secondFactor) return void begin();
                password.value = digits.value = '';
                removing.value = true;
              }}
            >
              {who.secondFactor ? say.secondRemove : say.secondBegin}
            </button>
          </p>
        </>
      )}
    </section>
  );
}
