import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { failure } from '../api/failure';
import { language, speak, words } from '../i18n/words';
import { Icon, Mark } from '../parts/icon';
import { Trouble } from '../parts/trouble';
import { announcement } from '../state/announce';
import { paths, type Route, route } from '../state/route';
import { Home } from './home';
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
    case 'performance':
      return <PerformancePage key={here.performanceId} performanceId={here.performanceId} />;
    case 'orders':
      return <Later load={loadOrders} props={{}} />;
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

// Tickets come after seats: their pages are loaded when they are first wanted.
const loadOrders = () => import('./orders').then(({ Orders }) => Orders);
const loadOrder = () => import('./order').then(({ OrderPage }) => OrderPage);

function Later<P extends object>({
  load,
  props,
}: {
  load: () => Promise<ComponentType<P>>;
  props: P;
}) {
  const part = useSignal<{ Part: ComponentType<P> } | null>(null);
  const lost = useSignal(false);
  const fetch = () => {
    lost.value = false;
    load().then(
      (Part) => {
        part.value = { Part };
      },
      () => {
        lost.value = true;
      },
    );
  };
  useEffect(fetch, [load]);
  if (part.value) return <part.value.Part {...props} />;
  if (lost.value) return <Trouble failure={failure('OFFLINE')} retry={fetch} />;
  return <p class="loading">{words.value.loading}</p>;
}

function Header({ here }: { here: Route }) {
  const say = words.value;
  return (
    <header class="top">
      <a class="brand" href={paths.home} aria-label={`Usher · ${say.back}`}>
        {here.page === 'home' ? null : <Icon name="back" />}
        <Mark />
        <span>Usher</span>
      </a>
      <nav>
        <a
          class="top-link"
          href={paths.orders}
          aria-current={here.page === 'orders' ? 'page' : undefined}
        >
          <Icon name="ticket" />
          <span>{say.myTickets}</span>
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
