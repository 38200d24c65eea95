// Where we are. Addresses are paths; the server answers the page for each of them.

import { computed, signal } from '@preact/signals';

export type Route =
  | { page: 'home' }
  | { page: 'performance'; performanceId: number }
  | { page: 'orders' }
  | { page: 'order'; orderId: string; placed: boolean }
  | { page: 'missing' };

export function parseRoute(path: string, query = ''): Route {
  const parts =
    path === '/'
      ? []
      : path
          .replace(/^\/|\/$/g, '')
          .split('/')
          .map(decode);
  const [first, second] = parts;
  if (parts.length === 0) return { page: 'home' };
  if (parts.length === 2 && first === 'p' && second && /^[1-9]\d{0,9}$/.test(second)) {
    const performanceId = Number(second);
    if (performanceId <= 0xffffffff) return { page: 'performance', performanceId };
  }
  if (parts.length === 1 && first === 'orders') return { page: 'orders' };
  if (parts.length === 2 && first === 'orders' && second) {
    return { page: 'order', orderId: second, placed: query === '?placed' };
  }
  return { page: 'missing' };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const paths = {
  home: '/',
  performance: (id: number) => `/p/${id}`,
  orders: '/orders',
  order: (id: string) => `/orders/${encodeURIComponent(id)}`,
  placed: (id: string) => `/orders/${encodeURIComponent(id)}?placed`,
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
    if (!link || link.target || link.origin !== location.origin || link.hash) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
