import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { PersonService } from '../gen/usher/v1/auth_account_pb';
import type { Account } from '../gen/usher/v1/auth_pb';
import { PersonRule } from '../gen/usher/v1/ticket_pb';
import { date } from '../i18n/format';
import { personWords } from '../i18n/person';
import { loadPersonServices } from '../state/person';
import { paths } from '../state/route';

/** What the account has proved of whose it is, and the way to prove it. */
export function PersonCard({ who }: { who: Account }) {
  const say = personWords.value;
  const services = useSignal<PersonService[]>([]);
  useEffect(() => {
    loadPersonServices().then(
      (found) => {
        services.value = found;
      },
      () => {},
    );
  }, [services]);
  if (services.value.length === 0 && who.persons.length === 0) return null;
  const proved = (kind: PersonRule) => who.persons.find((one) => one.kind === kind);
  const offers = (kind: PersonRule) => services.value.some((one) => one.kind === kind);
  const phone = proved(PersonRule.PHONE);
  const identity = proved(PersonRule.IDENTITY);
  return (
    <section class="card" aria-labelledby="person-title" data-part="person">
      <h2 id="person-title">{say.cardTitle}</h2>
      <p class="soft">{say.cardText}</p>
      {identity ? <p>{say.provedIdentity(date(identity.provedAtMs, 'day'))}</p> : null}
      {phone ? <p>{say.provedPhone(date(phone.provedAtMs, 'day'))}</p> : null}
      <p class="form-row">
        {!identity && offers(PersonRule.IDENTITY) ? (
          <a class="plain" href={paths.prove('identity', paths.account)}>
            {say.proveIdentity}
          </a>
        ) : null}
        {offers(PersonRule.PHONE) ? (
          <a class="plain" href={paths.prove('phone', paths.account)}>
            {phone ? say.otherPhone : say.provePhone}
          </a>
        ) : null}
      </p>
    </section>
  );
}
