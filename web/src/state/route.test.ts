import { describe, expect, it } from 'vitest';
import { parseRoute, paths } from './route';

describe('parseRoute', () => {
  it('knows every page', () => {
    expect(parseRoute('/')).toEqual({ page: 'home' });
    expect(parseRoute('/p/12')).toEqual({ page: 'performance', performanceId: 12 });
    expect(parseRoute('/e/3')).toEqual({ page: 'event', eventId: 3 });
    expect(parseRoute('/p/12/')).toEqual({ page: 'performance', performanceId: 12 });
    expect(parseRoute('/orders')).toEqual({ page: 'orders' });
    expect(parseRoute('/orders/ab', '?placed')).toEqual({
      page: 'order',
      orderId: 'ab',
      placed: true,
    });
    expect(parseRoute('/line/3', '?p=7')).toEqual({ page: 'line', saleId: 3, performanceId: 7 });
    expect(parseRoute('/line/3')).toEqual({ page: 'line', saleId: 3, performanceId: 0 });
    expect(parseRoute('/line/3/draw')).toEqual({ page: 'draw', saleId: 3 });
    expect(parseRoute('/pay/7')).toEqual({ page: 'pay', performanceId: 7 });
    expect(parseRoute('/pay/return', '?a=1&b=2')).toEqual({ page: 'paid', query: 'a=1&b=2' });
    expect(parseRoute('/orders/ab/money')).toEqual({ page: 'money', orderId: 'ab' });
    expect(parseRoute('/account')).toEqual({ page: 'account' });
    expect(parseRoute('/find')).toEqual({ page: 'find' });
  });

  it('goes on afterwards within this site alone', () => {
    const next = (path: string) => parseRoute('/sign-in', `?next=${encodeURIComponent(path)}`);
    expect(next('/line/3?p=7')).toEqual({ page: 'sign-in', next: '/line/3?p=7' });
    for (const path of ['//evil.example', '/\\evil.example', 'https://evil.example', 'x']) {
      expect(next(path)).toEqual({ page: 'sign-in', next: '/' });
    }
  });

  it('gives back what was put into a path', () => {
    const id = 'a/b?c d';
    const [path = '', query] = paths.placed(id).split('?');
    expect(parseRoute(path, `?${query}`)).toEqual({ page: 'order', orderId: id, placed: true });
  });

  it('sends everything else to one place', () => {
    for (const path of [
      '/p',
      '/p/0',
      '/p/x',
      '/p/-1',
      '/p/1e3',
      '/p/99999999999',
      '/x',
      '/orders//',
      '/orders/a/b',
      '/line/x',
      '/line/3/x',
      '/line/3/draw/x',
      '/pay',
      '/pay/x',
      '/account/x',
    ]) {
      expect(parseRoute(path)).toEqual({ page: 'missing' });
    }
    expect(parseRoute('/orders/%E0%A4%A')).toMatchObject({ page: 'order', orderId: '%E0%A4%A' });
  });
});
