import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { teamDesk } from '../../api/organise';
import type { ApiToken, Member } from '../../gen/usher/v1/auth_manage_pb';
import { type Membership, Role } from '../../gen/usher/v1/auth_pb';
import { date } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { announce } from '../../state/announce';
import { options, Task } from '../../state/organise';
import { Devices } from './devices';
import { Choice, FormCard, Line } from './form';
import { Sites } from './sites';

/** The roles that one may give: an owner all, a manager those below its own. */
const givable = (role: Role) =>
  role === Role.OWNER
    ? [Role.DOOR, Role.BOX_OFFICE, Role.MANAGER, Role.OWNER]
    : [Role.DOOR, Role.BOX_OFFICE];

export function Team({ acting }: { acting: Membership }) {
  const say = organiseWords.value;
  return (
    <>
      <header class="org-head">
        <h1>{say.parts.team}</h1>
      </header>
      <Members key={acting.organiserId} acting={acting} />
      <Tokens key={`tokens ${acting.organiserId}`} acting={acting} />
      <Devices key={`devices ${acting.organiserId}`} acting={acting} />
      <Sites key={`sites ${acting.organiserId}`} acting={acting} />
    </>
  );
}

function Members({ acting }: { acting: Membership }) {
  const say = organiseWords.value;
  const { organiserId } = acting;
  const task = useMemo(() => new Task(), []);
  const list = useSignal<Member[]>([]);
  const email = useSignal('');
  const role = useSignal<Role>(Role.DOOR);
  const load = async () => {
    list.value = (await teamDesk.listMembers({ organiserId }, options)).members;
  };
  useEffect(() => {
    void task.do(load);
  }, [organiserId]);
  const set = (address: string, next: Role, told: string) =>
    task.do(async () => {
      await teamDesk.setMember({ organiserId, email: address, role: next }, options);
      announce(told);
      email.value = '';
      await load();
    });
  const may = givable(acting.role);
  return (
    <>
      <section class="card" aria-labelledby="members-title">
        <h2 id="members-title">{say.members}</h2>
        <ul class="org-list">
          {list.value.map((one) => (
            <li key={one.email} data-member={one.email} data-role={Role[one.role]}>
              <span>
                <strong>{one.email}</strong>
                <span class="soft">
                  {[say.roles[one.role], one.accountId ? '' : say.notYet]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              </span>
              {may.includes(one.role) ? (
                <button
                  type="button"
                  class="plain"
                  data-action="take-out"
                  disabled={task.busy.value}
                  aria-label={`${say.takeOut}: ${one.email}`}
                  onClick={() => void set(one.email, Role.UNSPECIFIED, say.takenOut(one.email))}
                >
                  {say.takeOut}
                </button>
              ) : null}
            </li>
          ))}
        </ul>
      </section>
      <FormCard
        id="member"
        title={say.addMember}
        task={task}
        onSubmit={() => {
          const address = email.value.trim();
          if (address)
            void set(address, role.value, say.memberSet(address, say.roles[role.value] ?? ''));
        }}
      >
        <div class="org-fields">
          <Line
            label={say.memberEmail}
            name="member-email"
            type="email"
            value={email.value}
            onInput={(value) => {
              email.value = value;
            }}
          />
          <RoleChoice may={may} role={role} name="member-role" />
        </div>
        <button type="submit" class="primary" disabled={task.busy.value || !email.value.trim()}>
          {say.addMember}
        </button>
      </FormCard>
    </>
  );
}

interface RoleChoiceProps {
  may: readonly Role[];
  role: { value: Role };
  name: string;
}

function RoleChoice({ may, role, name }: RoleChoiceProps) {
  const say = organiseWords.value;
  return (
    <Choice
      label={say.role}
      name={name}
      value={String(role.value)}
      options={may.map((one) => [String(one), `${say.roles[one]} – ${say.roleTexts[one]}`])}
      onChange={(value) => {
        role.value = Number(value);
      }}
    />
  );
}

function Tokens({ acting }: { acting: Membership }) {
  const say = organiseWords.value;
  const { organiserId } = acting;
  const task = useMemo(() => new Task(), []);
  const list = useSignal<ApiToken[]>([]);
  const name = useSignal('');
  const role = useSignal<Role>(Role.DOOR);
  const made = useSignal('');
  const load = async () => {
    list.value = (await teamDesk.listApiTokens({ organiserId }, options)).tokens;
  };
  useEffect(() => {
    void task.do(load);
  }, [organiserId]);
  const make = () =>
    task.do(async () => {
      const request = { organiserId, name: name.value, role: role.value };
      made.value = (await teamDesk.createApiToken(request, options)).token;
      name.value = '';
      await load();
    });
  const revoke = (tokenId: string) =>
    task.do(async () => {
      await teamDesk.revokeApiToken({ organiserId, tokenId }, options);
      made.value = '';
      announce(say.revoked);
      await load();
    });
  return (
    <FormCard
      id="tokens"
      title={say.tokens}
      text={say.tokensText}
      task={task}
      onSubmit={() => void make()}
    >
      {list.value.length === 0 ? <p class="soft">{say.noTokens}</p> : null}
      <ul class="org-list">
        {list.value.map((one) => (
          <li key={one.tokenId} data-token={one.tokenId}>
            <span>
              <strong>{one.name}</strong>
              <span class="soft">
                {say.roles[one.role]} · {say.until(date(one.expiresAtMs, 'day'))}
              </span>
            </span>
            <button
              type="button"
              class="plain"
              data-action="revoke"
              disabled={task.busy.value}
              aria-label={`${say.revoke}: ${one.name}`}
              onClick={() => void revoke(one.tokenId)}
            >
              {say.revoke}
            </button>
          </li>
        ))}
      </ul>
      {made.value ? (
        <output class="org-token">
          <strong>{say.tokenMade}</strong>
          <code>{made.value}</code>
        </output>
      ) : null}
      <div class="org-fields">
        <Line
          label={say.tokenName}
          name="token-name"
          value={name.value}
          onInput={(value) => {
            name.value = value;
          }}
        />
        <RoleChoice
          may={givable(acting.role).filter((one) => one !== Role.OWNER)}
          role={role}
          name="token-role"
        />
      </div>
      <button type="submit" class="primary" disabled={task.busy.value || !name.value.trim()}>
        {say.makeToken}
      </button>
    </FormCard>
  );
}
