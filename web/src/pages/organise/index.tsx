import { useEffect } from 'preact/hooks';
import '../../style/organise.css';
import { signIn } from '../../api/client';
import { failure } from '../../api/failure';
import { organiseWords } from '../../i18n/organise';
import { tillWords } from '../../i18n/till';
import { tradeWords } from '../../i18n/trade';
import { words } from '../../i18n/words';
import { Icon } from '../../parts/icon';
import { Trouble } from '../../parts/trouble';
import {
  actFor,
  acting,
  loadMemberships,
  manages,
  memberships,
  membershipsFailure,
  ownEvents,
  sells,
} from '../../state/organise';
import { type OrganisePart, paths } from '../../state/route';
import { EditEvent, NewEvent } from './event';
import { Choice } from './form';
import { Halls } from './halls';
import { Lines } from './lines';
import { Money } from './money';
import { Orders } from './orders';
import { Overview } from './overview';
import { SalePage } from './sale';
import { Team } from './team';
import { TillPage } from './till';
import { Webhooks } from './webhooks';

interface OrganiseProps {
  part: OrganisePart;
  id: number;
}

/** Running events: whoever is in a team, by role. */
export function OrganisePage({ part, id }: OrganiseProps) {
  const say = organiseWords.value;
  const who = signIn.who.value?.accountId;
  useEffect(() => {
    document.title = `${say.title} · Usher`;
  }, [say, part]);
  useEffect(() => {
    memberships.value = null;
    ownEvents.value = null;
    if (who) void loadMemberships();
  }, [who]);
  if (!who) {
    return (
      <section class="trouble">
        <Icon name="person" />
        <h1>{say.title}</h1>
        <p>{say.signInText}</p>
        <p class="trouble-actions">
          <a class="primary" href={paths.signIn(location.pathname)}>
            {words.value.signIn}
          </a>
        </p>
      </section>
    );
  }
  if (membershipsFailure.value)
    return <Trouble failure={membershipsFailure.value} retry={() => void loadMemberships()} />;
  if (!memberships.value) return <p class="loading">{words.value.loading}</p>;
  const membership = acting.value;
  if (!membership) return <Outside title={say.noTeam} text={say.noTeamText} />;
  if (!sells(membership.role))
    return (
      <Outside title={say.doorOnly} text={say.doorOnlyText}>
        <a class="primary" href={paths.door(0)}>
          {say.toDoor}
        </a>
      </Outside>
    );
  const open = manages(membership.role) || part === 'orders' || part === 'till' ? part : 'orders';
  return (
    <div class="organise" data-part={open}>
      <Tabs part={open} all={manages(membership.role)} />
      <div class="organise-part" key={membership.organiserId}>
        <Part part={open} id={id} />
      </div>
    </div>
  );
}

function Part({ part, id }: OrganiseProps) {
  const membership = acting.value;
  switch (part) {
    case 'home':
      return <Overview />;
    case 'new':
      return <NewEvent />;
    case 'event':
      return <EditEvent key={id} eventId={id} />;
    case 'sale':
      return <SalePage key={id} performanceId={id} />;
    case 'halls':
      return <Halls />;
    case 'sales':
      return <Lines />;
    case 'till':
      return membership ? (
        <TillPage key={membership.organiserId} acting={membership} />
      ) : (
        <Trouble failure={failure('NOT_FOUND')} />
      );
    case 'orders':
      return <Orders />;
    case 'money':
      return <Money />;
    case 'webhooks':
      return membership ? (
        <Webhooks key={membership.organiserId} acting={membership} />
      ) : (
        <Trouble failure={failure('NOT_FOUND')} />
      );
    case 'team':
      return membership ? <Team acting={membership} /> : <Trouble failure={failure('NOT_FOUND')} />;
  }
}

interface OutsideProps {
  title: string;
  text: string;
  children?: preact.ComponentChildren;
}

function Outside({ title, text, children }: OutsideProps) {
  return (
    <section class="trouble" data-outside>
      <Icon name="people" />
      <h1>{title}</h1>
      <p>{text}</p>
      <p class="trouble-actions">
        {children}
        <a class="plain" href={paths.home}>
          {words.value.back}
        </a>
      </p>
    </section>
  );
}

const tabs = ['home', 'halls', 'sales', 'till', 'orders', 'money', 'team', 'webhooks'] as const;

function Tabs({ part, all }: { part: OrganisePart; all: boolean }) {
  const say = organiseWords.value;
  const list = memberships.value ?? [];
  const on = part === 'event' || part === 'new' || part === 'sale' ? 'home' : part;
  return (
    <nav class="organise-tabs" aria-label={say.title}>
      {list.length > 1 ? (
        <Choice
          label={say.which}
          name="organiser"
          value={String(acting.value?.organiserId ?? 0)}
          options={list.map((one) => [String(one.organiserId), one.organiserName])}
          onChange={(value) => {
            ownEvents.value = null;
            actFor(Number(value));
          }}
        />
      ) : (
        <p class="organise-name">{acting.value?.organiserName}</p>
      )}
      <ul>
        {tabs
          .filter((tab) => all || tab === 'orders' || tab === 'till')
          .map((tab) => (
            <li key={tab}>
              <a
                href={tab === 'home' ? paths.organise() : paths.organise(tab)}
                aria-current={on === tab ? 'page' : undefined}
              >
                {tab === 'webhooks'
                  ? tradeWords.value.parts[tab]
                  : tab === 'till'
                    ? tillWords.value.part
                    : say.parts[tab]}
              </a>
            </li>
          ))}
      </ul>
    </nav>
  );
}
