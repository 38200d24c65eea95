// Where we are. Addresses are paths; the server answers the page for each of them.

import { computed, signal } from '@preact/signals';
import { PersonRule } from '../gen/usher/v1/ticket_pb';

/** What is looked at of what an organiser runs; `id` of an event or a performance. */
export type OrganisePart =
  | 'home'
  | 'halls'
  | 'sales'
  | 'till'
  | 'orders'
  | 'money'
  | 'team'
  | 'webhooks'
  | 'new'
  | 'event'
  | 'sale';

export type Route =
  | { page: 'home' }
  | { page: 'past' }
  | { page: 'event'; eventId: number }
  | { page: 'performance'; performanceId: number }
  | { page: 'line'; saleId: number; performanceId: number }
  | { page: 'draw'; saleId: number }
  | { page: 'pay'; performanceId: number }
  | { page: 'paid'; query: string }
  | { page: 'orders' }
  | { page: 'order'; orderId: string; placed: boolean }
  | { page: 'money'; orderId: string }
  | { page: 'sign-in' | 'register' | 'reset'; next: string }
  | { page: 'person'; kind: PersonRule; next: string }
  | { page: 'provider'; provider: string; said: string }
  | { page: 'account' }
  | { page: 'find' }
  | { page: 'door'; performanceId: number }
  | { page: 'operator' }
  | { page: 'organise'; part: OrganisePart; id: number }
  | { page: 'missing' };

type Make = (word: string, asked: URLSearchParams, query: string) => Route | null;

const withNumber = (make: (id: number, asked: URLSearchParams) => Route): Make => {
  return (word, asked) => {
    const id = numberOf(word);
    return id ? make(id, asked) : null;
  };
};
const withNext = (page: 'sign-in' | 'register' | 'reset'): Make => {
  return (_, asked) => ({ page, next: ownPath(asked.get('next')) });
};

const organise = (part: OrganisePart, id = 0): Route => ({ page: 'organise', part, id });

// The server knows these addresses too (src/svc/gateway/addresses.c): all others are answered with 404.
const pages: [RegExp, Make][] = [
  [/^\/$/, () => ({ page: 'home' })],
  [/^\/past$/, () => ({ page: 'past' })],
  [/^\/e\/(\d+)$/, withNumber((eventId) => ({ page: 'event', eventId }))],
  [/^\/p\/(\d+)$/, withNumber((performanceId) => ({ page: 'performance', performanceId }))],
  [
    /^\/line\/(\d+)$/,
    withNumber((saleId, asked) => ({
      page: 'line',
      saleId,
      performanceId: numberOf(asked.get('p') ?? ''),
    })),
  ],
  [/^\/line\/(\d+)\/draw$/, withNumber((saleId) => ({ page: 'draw', saleId }))],
  [/^\/pay\/return$/, (_, _asked, query) => ({ page: 'paid', query })],
  [/^\/pay\/(\d+)$/, withNumber((performanceId) => ({ page: 'pay', performanceId }))],
  [/^\/orders$/, () => ({ page: 'orders' })],
  [
    /^\/orders\/([^/]+)$/,
    (orderId, asked) => ({ page: 'order', orderId, placed: asked.has('placed') }),
  ],
  [/^\/orders\/([^/]+)\/money$/, (orderId) => ({ page: 'money', orderId })],
  [/^\/sign-in$/, withNext('sign-in')],
  [
    /^\/sign-in\/return\/([^/]+)$/,
    (provider, _asked, query) => ({ page: 'provider', provider, said: query || behind() }),
  ],
  [/^\/register$/, withNext('register')],
  [/^\/reset$/, withNext('reset')],
  [/^\/account$/, () => ({ page: 'account' })],
  [
    /^\/prove\/(phone|identity)$/,
    (kind, asked) => ({
      page: 'person',
      kind: kind === 'phone' ? PersonRule.PHONE : PersonRule.IDENTITY,
      next: ownPath(asked.get('next')),
    }),
  ],
  [/^\/find$/, () => ({ page: 'find' })],
  [/^\/door$/, () => ({ page: 'door', performanceId: 0 })],
  [/^\/door\/(\d+)$/, withNumber((performanceId) => ({ page: 'door', performanceId }))],
  [/^\/operator$/, () => ({ page: 'operator' })],
  [/^\/organiser$/, () => organise('home')],
  [
    /^\/organiser\/(halls|sales|till|orders|money|team|webhooks)$/,
    (part) => organise(part as OrganisePart),
  ],
  [/^\/organiser\/events\/new$/, () => organise('new')],
  [/^\/organiser\/events\/(\d+)$/, withNumber((id) => organise('event', id))],
  [/^\/organiser\/sales\/(\d+)$/, withNumber((id) => organise('sale', id))],
];

export function parseRoute(path: string, query = ''): Route {
  const whole = path.length > 1 ? path.replace(/\/$/, '') : path;
  const words = query.replace(/^\?/, '');
  for (const [pattern, make] of pages) {
    const match = pattern.exec(whole);
    const route = match && make(decode(match[1] ?? ''), new URLSearchParams(words), words);
    if (route) return route;
  }
  return { page: 'missing' };
}

function numberOf(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) return 0;
  const number = Number(text);
  return number <= 0xffffffff ? number : 0;
}

/** Where to go on afterwards: a path of this site and nowhere else. */
function ownPath(path: string | null): string {
  return path && /^\/(?![/\\])/.test(path) ? path : '/';
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What stands behind the '#': where a service answered with a form, our server puts it there. */
const behind = () => (typeof location === 'undefined' ? '' : location.hash.slice(1));

const andNext = (next?: string) => (next ? `?next=${encodeURIComponent(next)}` : '');

export const paths = {
  home: '/',
  past: '/past',
  event: (id: number) => `/e/${id}`,
  performance: (id: number) => `/p/${id}`,
  line: (saleId: number, performanceId = 0) =>
    `/line/${saleId}${performanceId ? `?p=${performanceId}` : ''}`,
  draw: (saleId: number) => `/line/${saleId}/draw`,
  pay: (performanceId: number) => `/pay/${performanceId}`,
  paid: '/pay/return',
  orders: '/orders',
  order: (id: string) => `/orders/${encodeURIComponent(id)}`,
  placed: (id: string) => `/orders/${encodeURIComponent(id)}?placed`,
  money: (id: string) => `/orders/${encodeURIComponent(id)}/money`,
  signIn: (next?: string) => `/sign-in${andNext(next)}`,
  register: (next?: string) => `/register${andNext(next)}`,
  reset: (next?: string) => `/reset${andNext(next)}`,
  account: '/account',
  prove: (kind: 'phone' | 'identity', next?: string) => `/prove/${kind}${andNext(next)}`,
  find: '/find',
  door: (id: number) => (id ? `/door/${id}` : '/door'),
  operator: '/operator',
  organise: (part = '') => (part ? `/organiser/${part}` : '/organiser'),
  organiseNew: '/organiser/events/new',
  organiseEvent: (id: number) => `/organiser/events/${id}`,
  organiseDate: (id: number) => `/organiser/sales/${id}`,
};

const here = () => (typeof location === 'undefined' ? '/' : location.pathname + location.search);

const address = signal(here());

export const route = computed<Route>(() => {
  const [path = '/', query] = address.value.split('?');
  return parseRoute(path, query === undefined ? '' : `?${query}`);
});

export function go(path: string, replace = false): void {
  if (replace) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  address.value = here();
  scrollTo(0, 0);
}

/** Follows the back button, and turns clicks on our own links into moves without a reload. */
export function startRouting(): void {
  addEventListener('popstate', () => {
    address.value = here();
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.rel === 'external') return;
    if (link.origin !== location.origin || link.hash) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
