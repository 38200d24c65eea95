// What cases do again and again.

import assert from 'node:assert/strict';
import { Visitor } from './visitor.mjs';

/** Runs with a visitor each, who leave at the end; consoles must be clean unless `noisy`. */
export async function visit(world, options, body, noisy = false) {
  const visitors = [];
  for (const option of options) {
    visitors.push(await Visitor.arrive(world.browser, world.url, option, world.pictures));
  }
  try {
    await body(...visitors);
    if (!noisy) for (const { errors } of visitors) assert.deepEqual(errors, []);
  } finally {
    for (const visitor of visitors) await visitor.leave();
  }
}

/** An event in a hall of its own; gives its performance. */
export async function create(world, hall, ...options) {
  assert.ok(world.usher, 'needs a server of its own, not --url');
  const { hallId } = await world.usher('hall', 'generate', ...hall, '--json');
  const words = ['event', 'create', '--hall', hallId, '--prices', '1250', '--currency', 'EUR', '--publish'];
  words.push('--unpaid-orders', 'taken');
  return (await world.usher(...words, ...options, '--json')).performanceId;
}

/** An event of several nights in a hall of 600: their starts, each so many days from now at 19:30 in Seoul, and more hours. */
export async function season(world, name, nights, description = '') {
  const hall = await world.usher('hall', 'generate', '--capacity', '600', '--json');
  const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  const starts = nights.map((days) => today + Math.floor(days) * 86_400_000 + 10.5 * 3_600_000 + (days % 1) * 86_400_000);
  const amounts = [132_000, 99_000, 77_000, 55_000];
  const date = (startsAtMs) => ({
    hallId: hall.hallId,
    startsAtMs: String(startsAtMs),
    currency: 'KRW',
    timeZone: 'Asia/Seoul',
    prices: hall.categories.map((_, category) => ({ category, amount: String(amounts[category % 4]) })),
  });
  const event = await world.operate('TicketService/CreateEvent', { name, description, performance: date(starts[0]) });
  const { eventId } = event;
  const ids = [event.performances[0].performanceId];
  for (const at of starts.slice(1)) {
    ids.push((await world.operate('TicketService/CreatePerformance', { eventId, ...date(at) })).performanceId);
  }
  for (const performanceId of ids) await world.operate('TicketService/OpenSale', { performanceId });
  return { eventId, ids };
}

/** Goes on from seat to seat until it stands on a free one. */
export async function freeSeat(visitor, key = 'ArrowRight') {
  for (let step = 0; step < 60; step++) {
    const at = await visitor.key(step < 40 ? key : 'ArrowDown');
    if (at?.text.endsWith('free')) return at;
  }
  throw new Error('no free seat within 60 steps');
}

export async function holdBest(visitor, party) {
  const more = visitor.page.locator('.best .stepper button');
  for (let n = 2; n < party; n++) await more.last().click();
  for (let n = 2; n > party; n--) await more.first().click();
  await visitor.press('best');
  await visitor.page.waitForSelector('.held');
  return visitor.held();
}

export async function release(visitor) {
  await visitor.press('release');
  await visitor.page.waitForSelector('.held', { state: 'detached' });
}

/** From the held seats to the order: who gets the tickets, paid at the box office. */
export async function order(visitor) {
  const { page } = visitor;
  await visitor.press('order');
  await page.waitForSelector('.pay-form');
  await page.fill('[name=name]', 'Kim Minji');
  await page.fill('[name=email]', 'minji.kim@example.com');
  await page.check('[name=way][value=""]');
  await page.check('[name=terms]');
  await visitor.press('pay');
  await page.waitForURL(/\/orders\/[^/]+\?placed$/);
  await page.waitForSelector('.ticket');
}
