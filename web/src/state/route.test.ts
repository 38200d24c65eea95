import { describe, expect, it } from 'vitest';
import { parseRoute, paths } from './route';

describe('parseRoute', () => {
  it('knows every page', () => {
    expect(parseRoute('/')).toEqual({ page: 'home' });
    expect(parseRoute('/p/12')).toEqual({ page: 'performance', performanceId: 12 });
    expect(parseRoute('/p/12/')).toEqual({ page: 'performance', performanceId: 12 });
    expect(parseRoute('/orders')).toEqual({ page: 'orders' });
    expect(parseRoute('/orders/ab', '?placed')).toEqual({
      page: 'order',
      orderId: 'ab',
      placed: true,
    });
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
    ]) {
      expect(parseRoute(path)).toEqual({ page: 'missing' });
    }
    expect(parseRoute('/orders/%E0%A4%A')).toMatchObject({ page: 'order', orderId: '%E0%A4%A' });
  });
});
