import { useEffect, useRef } from 'preact/hooks';
import { signIn } from '../api/client';
import { failure } from '../api/failure';
import { language, speak, words } from '../i18n/words';
import { Foot } from '../parts/foot';
import { Icon, Mark } from '../parts/icon';
import { Later } from '../parts/later';
import { TopClock } from '../parts/topclock';
import { Trouble } from '../parts/trouble';
import { announcement } from '../state/announce';
import { paths, type Route, route } from '../state/route';
import { Home, Past } from './home';
import { PerformancePage } from './performance';

export function App() {
  const here = route.value;
  const main = useRef<HTMLElement>(null);
  const from = useRef(here);
  useEffect(() => {
    // As after a real change of page, the keyboard goes on from the top of what is new.
    if (from.current !== here) main.current?.focus({ preventScroll: true });
    from.current = here;
  }, [here]);
  return (
    <div class={`app app-${here.page}`}>
      <a class="skip" href="#main">
        {words.value.skip}
      </a>
      <Header here={here} />
      <main ref={main} id="main" tabIndex={-1}>
        <Page here={here} />
      </main>
      {here.page === 'performance' || here.page === 'door' ? null : <Foot />}
      <p class="unseen" aria-live="polite" data-announcement>
        {announcement.value}
      </p>
    </div>
  );
}

function Page({ here }: { here: Route }) {
  switch (here.page) {
    case 'home':
      return <Home />;
    case 'past':
      return <Past />;
    case 'event':
      return <Later key={here.eventId} load={loadEvent} props={here} />;
    case 'performance':
      return <PerformancePage key={here.performanceId} performanceId={here.performanceId} />;
    case 'orders':
      return <Later load={loadOrders} props={{}} />;
    case 'line':
      return <Later key={here.saleId} load={loadLine} props={here} />;
    case 'draw':
      return <Later key={here.saleId} load={loadDraw} props={here} />;
    case 'pay':
      return <Later key={here.performanceId} load={loadPay} props={here} />;
    case 'paid':
      return <Later key={here.query} load={loadPaid} props={here} />;
    case 'money':
      return <Later key={here.orderId} load={loadMoney} props={here} />;
    case 'sign-in':
      return <Later load={loadSignIn} props={here} />;
    case 'provider':
      return <Later load={loadProvider} props={here} />;
    case 'register':
      return <Later load={loadRegister} props={here} />;
    case 'reset':
      return <Later load={loadReset} props={here} />;
    case 'find':
      return <Later load={loadFind} props={{}} />;
    case 'person':
      return <Later key={here.kind} load={loadPerson} props={here} />;
    case 'account':
      return <Later load={loadAccount} props={{}} />;
    case 'door':
      return <Later key={here.performanceId} load={loadDoor} props={here} />;
    case 'operator':
      return <Later load={loadOperator} props={{}} />;
    case 'organise':
      return <Later load={loadOrganise} props={{ part: here.part, id: here.id }} />;
    case 'order':
      return (
        <Later
          key={here.orderId}
          load={loadOrder}
          props={{ orderId: here.orderId, placed: here.placed }}
        />
      );
    case 'missing':
      return <Trouble failure={failure('NOT_FOUND')} />;
  }
}

// Seats are what people come for; all other pages are loaded when they are first wanted.
const loadOrders = () => import('./orders').then(({ Orders }) => Orders);
const loadOrder = () => import('./order').then(({ OrderPage }) => OrderPage);

const loadEvent = () => import('./event').then(({ EventPage }) => EventPage);
const loadLine = () => import('./line').then(({ LinePage }) => LinePage);
const loadDraw = () => import('./draw').then(({ DrawPage }) => DrawPage);
const loadPay = () => import('./pay').then(({ PayPage }) => PayPage);
const loadPaid = () => import('./paid').then(({ PaidPage }) => PaidPage);
const loadMoney = () => import('./money').then(({ MoneyPage }) => MoneyPage);
const loadSignIn = () => import('./signin').then(({ SignInPage }) => SignInPage);
const loadProvider = () => import('./provider').then(({ ProviderPage }) => ProviderPage);
const loadRegister = () => import('./register').then(({ RegisterPage }) => RegisterPage);
const loadReset = () => import('./reset').then(({ ResetPage }) => ResetPage);
const loadFind = () => import('./find').then(({ FindPage }) => FindPage);
const loadDoor = () => import('./door').then(({ DoorPage }) => DoorPage);
const loadOperator = () => import('./operator').then(({ OperatorPage }) => OperatorPage);
const loadOrganise = () => import('./organise').then(({ OrganisePage }) => OrganisePage);
const loadPerson = () => import('./person').then(({ PersonPage }) => PersonPage);
const loadAccount = () => import('./account').then(({ AccountPage }) => AccountPage);

/** Where signing in leads back to: the page one is on, if it is not one of those itself. */
function onward(here: Route): string {
  if (here.page === 'sign-in' || here.page === 'register' || here.page === 'reset')
    return here.next;
  return here.page === 'home' ? '' : location.pathname + location.search;
}

function Header({ here }: { here: Route }) {
  const say = words.value;
  const who = signIn.who.value;
  return (
    <header class="top">
      <a class="brand" href={paths.home} aria-label={`Usher · ${say.back}`}>
        {here.page === 'home' ? null : <Icon name="back" />}
        <Mark />
        <span>Usher</span>
      </a>
      <TopClock />
      <nav>
        <a
          class="top-link"
          href={paths.orders}
          aria-current={here.page === 'orders' ? 'page' : undefined}
        >
          <Icon name="ticket" />
          <span>{say.myTickets}</span>
        </a>
        <a
          class="top-link top-account"
          href={who ? paths.account : paths.signIn(onward(here))}
          aria-label={who ? `${say.account}: ${who.name || who.email}` : undefined}
          aria-current={here.page === 'account' ? 'page' : undefined}
        >
          <Icon name="person" />
          <span>{who ? who.name || say.account : say.signIn}</span>
        </a>
        <button
          type="button"
          class="top-link"
          lang={say.otherLanguageCode}
          onClick={() => speak(language.value === 'ko' ? 'en' : 'ko')}
        >
          {say.otherLanguage}
        </button>
      </nav>
    </header>
  );
}
