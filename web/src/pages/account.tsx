import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import '../style/account.css';
import { signIn } from '../api/client';
import type { Failure } from '../api/failure';
import { refusalOf } from '../api/retry';
import type { Account } from '../gen/usher/v1/auth_pb';
import { accountWords } from '../i18n/account';
import { date } from '../i18n/format';
import { words } from '../i18n/words';
import { Icon } from '../parts/icon';
import { Trouble } from '../parts/trouble';
import { loadAccount, logOut } from '../state/account';
import { go, paths } from '../state/route';

export function AccountPage() {
  const say = accountWords.value;
  const known = useSignal<Account | null>(null);
  const lost = useSignal<Failure | null>(null);
  const load = async () => {
    try {
      known.value = await loadAccount();
      lost.value = null;
    } catch (cause) {
      lost.value = refusalOf(cause);
    }
  };
  const signedIn = signIn.who.value !== null;
  useEffect(() => {
    document.title = `${say.accountTitle} · Usher`;
  }, [say]);
  useEffect(() => {
    if (signedIn) void load();
  }, [signedIn]);
  if (!signedIn) {
    return (
      <section class="trouble">
        <Icon name="person" />
        <h1>{say.noSignIn}</h1>
        {signIn.ended.value ? <p>{say.endedText}</p> : null}
        <p class="trouble-actions">
          <a class="primary" href={paths.signIn(paths.account)}>
            {say.signInTitle}
          </a>
          <a class="plain" href={paths.register(paths.account)}>
            {say.registerTitle}
          </a>
        </p>
      </section>
    );
  }
  if (lost.value) return <Trouble failure={lost.value} retry={() => void load()} />;
  if (!known.value) return <p class="loading">{words.value.loading}</p>;
  const who = known.value;
  return (
    <div class="sheet account">
      <header class="account-head">
        <div>
          <h1>{who.name || say.accountTitle}</h1>
          <p class="soft">
            {who.email} · {say.memberSince(date(who.createdAtMs, 'day'))}
          </p>
        </div>
        <button
          type="button"
          class="plain"
          data-action="sign-out"
          onClick={() => {
            void logOut().catch(() => {});
            go(paths.home);
          }}
        >
          {say.signOut}
        </button>
      </header>
    </div>
  );
}
