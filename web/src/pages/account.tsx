import '../style/orders.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import '../style/account.css';
import { signIn } from '../api/client';
import type { Failure } from '../api/failure';
import { refusalOf } from '../api/retry';
import type { SessionInfo } from '../gen/usher/v1/auth_account_pb';
import { type Account, Role } from '../gen/usher/v1/auth_pb';
import { accountWords } from '../i18n/account';
import { date } from '../i18n/format';
import { providerName, providerWords } from '../i18n/provider';
import { remindWords } from '../i18n/remind';
import { words } from '../i18n/words';
import { Icon } from '../parts/icon';
import { Failed, Notice } from '../parts/notice';
import { Password } from '../parts/password';
import { PersonCard } from '../parts/personcard';
import { Trouble } from '../parts/trouble';
import {
  changePassword,
  deleteAccount,
  endSession,
  exportAccount,
  loadAccount,
  logOut,
} from '../state/account';
import { announce } from '../state/announce';
import { events, loadEvents } from '../state/catalog';
import { Deed } from '../state/deed';
import { download } from '../state/download';
import { cancelReminder, loadReminders, reminders } from '../state/reminders';
import { go, paths } from '../state/route';
import { SecondFactor, WaysIn } from './waysin';

export function AccountPage() {
  const say = accountWords.value;
  const known = useSignal<{ who: Account; sessions: SessionInfo[] } | null>(null);
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
  const { who, sessions } = known.value;
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
      <Teams who={who} />
      <Reminders />
      <Sessions sessions={sessions} onChange={() => void load()} />
      <WaysIn who={who} onChange={() => void load()} />
      {who.hasPassword ? <ChangePassword /> : <NoPassword />}
      <SecondFactor who={who} onChange={() => void load()} />
      <PersonCard who={who} />
      <MyData />
      <Deletion hasPassword={who.hasPassword} />
    </div>
  );
}

/** Who acts for an organiser finds the way there. */
function Teams({ who }: { who: Account }) {
  const say = accountWords.value;
  if (who.memberships.length === 0) return null;
  const doorAlone = who.memberships.every(({ role }) => role === Role.DOOR);
  return (
    <section class="card" aria-labelledby="teams-title">
      <h2 id="teams-title">{say.teams}</h2>
      <p class="soft">{who.memberships.map(({ organiserName }) => organiserName).join(', ')}</p>
      <p>
        <a class="plain" href={doorAlone ? paths.door(0) : paths.organise()}>
          {doorAlone ? say.toDoor : say.toOrganise}
        </a>
      </p>
    </section>
  );
}

/** Of which openings there will be a mail. */
function Reminders() {
  const say = remindWords.value;
  const deed = useMemo(() => new Deed(), []);
  useEffect(() => {
    void deed.do(async () => {
      await Promise.all([loadReminders(), loadEvents()]);
    });
  }, [deed]);
  const list = [...reminders.value].flatMap(([eventId]) => {
    const event = events.value?.find((one) => one.eventId === eventId);
    return event ? [event] : [];
  });
  if (list.length === 0) return null;
  return (
    <section class="card" aria-labelledby="reminders-title" data-part="reminders">
      <h2 id="reminders-title">{say.listTitle}</h2>
      <Failed failure={deed.failure.value} />
      <ul class="sessions">
        {list.map(({ eventId, name }) => (
          <li key={eventId}>
            <a class="link-text" href={paths.event(eventId)}>
              {name}
            </a>
            <button
              type="button"
              class="plain"
              data-action="remind-not"
              aria-label={`${say.cancel}: ${name}`}
              disabled={deed.busy.value}
              onClick={() => void deed.do(() => cancelReminder(eventId))}
            >
              {say.cancel}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sessions({ sessions, onChange }: { sessions: SessionInfo[]; onChange(): void }) {
  const say = accountWords.value;
  const deed = useMemo(() => new Deed(), []);
  const end = async (sessionId: string) => {
    if (!(await deed.do(() => endSession(sessionId)))) return;
    announce(say.sessionEnded);
    onChange();
  };
  return (
    <section class="card" aria-labelledby="sessions-title">
      <h2 id="sessions-title">{say.sessions}</h2>
      <Failed failure={deed.failure.value} />
      <ul class="sessions">
        {sessions.map(({ sessionId, device, address, usedAtMs, present, provider }) => (
          <li key={sessionId}>
            <span>
              <strong>{device || address}</strong>
              <span class="soft">
                {[
                  present ? say.sessionHere : say.sessionUsed(date(usedAtMs, 'short')),
                  address,
                  provider && providerName(provider),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </span>
            {present ? null : (
              <button
                type="button"
                class="plain"
                disabled={deed.busy.value}
                aria-label={`${say.sessionEnd}: ${device || address}`}
                onClick={() => void end(sessionId)}
              >
                {say.sessionEnd}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function ChangePassword() {
  const say = accountWords.value;
  const deed = useMemo(() => new Deed(), []);
  const old = useSignal('');
  const fresh = useSignal('');
  const done = useSignal(false);
  const change = async () => {
    done.value = await deed.do(() => changePassword(old.value, fresh.value));
    if (!done.value) return;
    old.value = '';
    fresh.value = '';
  };
  return (
    <section class="card" aria-labelledby="change-title">
      <h2 id="change-title">{say.changeTitle}</h2>
      <p class="soft">{say.changeText}</p>
      <form
        class="form-rows"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void change();
        }}
      >
        <Failed failure={deed.failure.value} />
        {done.value ? <Notice tone="plain" icon="check" title={say.changed} /> : null}
        <Password
          label={say.oldPassword}
          name="old-password"
          value={old.value}
          onInput={(value) => {
            old.value = value;
          }}
        />
        <Password
          label={say.newPassword}
          name="new-password"
          fresh
          value={fresh.value}
          onInput={(value) => {
            fresh.value = value;
          }}
        />
        <button
          type="submit"
          class="plain"
          disabled={deed.busy.value || !old.value || !fresh.value}
        >
          {say.changeAction}
        </button>
      </form>
    </section>
  );
}

function NoPassword() {
  const say = providerWords.value;
  return (
    <section class="card" aria-labelledby="change-title">
      <h2 id="change-title">{accountWords.value.password}</h2>
      <p class="soft">{say.noPasswordText}</p>
      <p>
        <a class="plain" href={paths.reset(paths.account)}>
          {say.setPassword}
        </a>
      </p>
    </section>
  );
}

function MyData() {
  const say = accountWords.value;
  const deed = useMemo(() => new Deed(), []);
  const fetch = () =>
    deed.do(async () => download(say.dataFile, 'application/json', await exportAccount()));
  return (
    <section class="card" aria-labelledby="data-title">
      <h2 id="data-title">{say.dataTitle}</h2>
      <p class="soft">{say.dataText}</p>
      <Failed failure={deed.failure.value} />
      <p>
        <button
          type="button"
          class="plain"
          data-action="export"
          disabled={deed.busy.value}
          onClick={() => void fetch()}
        >
          <Icon name="save" />
          {say.dataAction}
        </button>
      </p>
    </section>
  );
}

function Deletion({ hasPassword }: { hasPassword: boolean }) {
  const say = accountWords.value;
  const deed = useMemo(() => new Deed(), []);
  const asking = useSignal(false);
  const password = useSignal('');
  const remove = async () => {
    if (!(await deed.do(() => deleteAccount(password.value)))) return;
    announce(say.deleted);
    go(paths.home);
  };
  return (
    <section class="card" aria-labelledby="delete-title">
      <h2 id="delete-title">{say.deleteTitle}</h2>
      <p class="soft">{say.deleteText}</p>
      {asking.value ? (
        <form
          class="form-rows"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void remove();
          }}
        >
          <p>
            <strong>{say.deleteQuestion}</strong>
          </p>
          <Failed failure={deed.failure.value} />
          {hasPassword ? (
            <Password
              label={say.password}
              value={password.value}
              onInput={(value) => {
                password.value = value;
              }}
            />
          ) : null}
          <p class="form-row">
            <button
              type="button"
              class="plain"
              onClick={() => {
                asking.value = false;
              }}
            >
              {say.deleteNo}
            </button>
            <button
              type="submit"
              class="danger"
              disabled={deed.busy.value || (hasPassword && !password.value)}
            >
              {say.deleteYes}
            </button>
          </p>
        </form>
      ) : (
        <p>
          <button
            type="button"
            class="quiet quiet-danger"
            data-action="delete"
            onClick={() => {
              asking.value = true;
            }}
          >
            {say.deleteAction}
          </button>
        </p>
      )}
    </section>
  );
}
