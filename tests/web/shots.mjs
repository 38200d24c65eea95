// Every page as it is looked at: what is on at a site, and the way to each page, for looks.mjs and seen.mjs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { password, staff } from './door.mjs';
import { create, holdBest, order, season } from './steps.mjs';

const owner = 'owner@example.com';

/** Events as a site has them, at dates that are the same whenever this runs: several nights, one far away, one without dates to buy. */
export async function programme(server) {
  const say = '열두 명의 연주자와 단 한 번뿐인 밤. 1부와 2부 사이에 20분의 휴식이 있습니다.';
  const world = { usher: server.usher };
  const own = await create(world, ['--capacity', '1500'], '--name', '윤슬 콘서트: 겨울의 빛', '--description', say, '--currency', 'KRW', '--starts-at', '2031-05-12T10:30:00Z', '--open');
  await create(world, ['--capacity', '800'], '--name', 'Chamber Nights', '--description', 'Four quartets, four evenings, one room.', '--starts-at', '2031-05-20T11:00:00Z', '--open');
  await create(world, ['--capacity', '500'], '--name', 'Jazz on the Roof', '--starts-at', '2031-06-02T11:00:00Z');
  await create(world, ['--capacity', '2000', '--standing', '600'], '--name', '한밤의 록 페스티벌', '--starts-at', '2031-06-14T11:00:00Z', '--currency', 'KRW', '--open');
  const stadium = await create(world, ['--capacity', '40000'], '--name', 'Stadium of Lights', '--starts-at', '2031-06-28T11:00:00Z', '--open');
  const first = Math.round((Date.parse('2031-05-09T00:00:00Z') - Math.floor(Date.now() / 86_400_000) * 86_400_000) / 86_400_000);
  const nights = [0, 1, 1.1, 6, 7, 31].map((days) => first + days);
  const { eventId } = await season(server, '뮤지컬 <빛의 항해>', nights, `${say}\n\n관람 등급: 8세 이상\n공연 시간: 150분`);
  const second = await create(world, ['--capacity', '2000'], '--name', '두 번째 밤', '--currency', 'KRW', '--starts-at', '2031-07-08T11:00:00Z', '--open');
  const sale = await server.usher(
    'sale', 'create', '--name', '두 번째 밤', '--performances', second, '--guests', '--capacity-min', 5, '--capacity-max', 5,
    '--claim', '4s', '--json',
  );
  for (let n = 0; n < 40; n++) await server.join(sale.saleId);
  await server.operate('TicketService/UpdatePerformance', { performanceId: 1, startsAtMs: String(Date.parse('2031-05-30T10:00:00Z')) });
  await staff({ url: server.url, usher: server.usher }, owner, 'owner');
  return { own, stadium, nights: eventId, saleId: sale.saleId };
}

/** Once a page of the house is there. */
const there = (page) => page.waitForFunction(() => document.querySelector('main h1') && !document.querySelector('main .loading'));

/** A page of who runs events, who signs in first. */
const house = (path) => async (fan) => {
  const { page } = fan;
  await page.goto(fan.url + path);
  await page.waitForSelector('main h1, .door');
  if (await page.locator('.trouble .primary').count()) {
    await page.click('.trouble .primary');
    await page.fill('[name=email]', owner);
    await page.fill('[name=password]', password);
    await fan.press('submit');
    await page.waitForURL((url) => url.pathname === path);
    await page.waitForSelector('.trouble', { state: 'detached' });
  }
  await there(page);
};

export const shots = {
  async home({ page, url }) {
    await page.goto(url);
    await page.waitForSelector('.event');
  },
  async event({ page, url }) {
    await page.goto(`${url}/e/1`);
    await page.waitForSelector('[data-event]');
  },
  async nights({ page, url }, { nights }) {
    await page.goto(`${url}/e/${nights}`);
    await page.waitForSelector('.grades dd span:not(:empty)');
  },
  async hall(fan) {
    await fan.openHall();
    await fan.live();
  },
  async seats(fan) {
    await fan.openHall();
    await fan.live();
    await fan.page.locator('.map-zoom button').first().click();
    await fan.rest();
    await fan.page.locator('.map-zoom button').first().click();
    await fan.rest();
  },
  async chosen(fan) {
    await fan.openHall();
    await fan.live();
    for (let step = 0; step < 60 && (await fan.chips()) < 2; step++) {
      await fan.key(step % 12 === 11 ? 'ArrowDown' : 'ArrowRight');
      await fan.key('Enter');
    }
    assert.equal(await fan.chips(), 2);
  },
  async held(fan) {
    await fan.openHall();
    await fan.live();
    await holdBest(fan, 2);
    await fan.rest();
  },
  async stadium(fan, { stadium }) {
    await fan.openHall(stadium);
    await fan.live();
  },
  async line(fan, { saleId }) {
    await fan.page.goto(`${fan.url}/line/${saleId}`);
    await fan.press('join');
    await fan.page.waitForSelector('.line[data-standing]');
  },
  async pay(fan) {
    await fan.openHall();
    await fan.live();
    if ((await fan.page.locator('.held').count()) === 0) await holdBest(fan, 2);
    await fan.press('order');
    await fan.page.waitForSelector('.pay-form');
  },
  async order(fan) {
    await fan.openHall();
    await fan.live();
    if ((await fan.page.locator('.held').count()) === 0) await holdBest(fan, 2);
    await order(fan);
    await fan.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
  },
  async orders({ page, url }) {
    await page.goto(`${url}/orders`);
    await page.waitForSelector('.stub, .trouble');
  },
  async signin({ page, url }) {
    await page.goto(`${url}/sign-in`);
    await page.waitForSelector('form');
  },
  async past({ page, url }) {
    await page.goto(`${url}/past`);
    await page.waitForSelector('.home h1');
  },
  async missing({ page, url }) {
    await page.goto(`${url}/no/such/page`);
    await page.waitForSelector('.trouble');
  },
  organiser: house('/organiser'),
  'organiser-new': house('/organiser/events/new'),
  'organiser-event': house('/organiser/events/1'),
  'organiser-date': house('/organiser/sales/1'),
  'organiser-halls': house('/organiser/halls'),
  'organiser-lines': house('/organiser/sales'),
  'organiser-orders': house('/organiser/orders'),
  'organiser-money': house('/organiser/money'),
  'organiser-team': house('/organiser/team'),
  'organiser-webhooks': house('/organiser/webhooks'),
  till: house('/organiser/till'),
  door: house('/door/1'),
  async operator(fan, { key }) {
    const { page } = fan;
    await page.goto(`${fan.url}/operator`);
    await page.fill('[name=operator-key]', key);
    await fan.press('operator');
    await page.waitForSelector('.board');
  },
};

export const site = [
  '--terms-url', 'https://example.org/terms', '--privacy-url', 'https://example.org/privacy', '--help-url', 'mailto:help@example.org',
  '--site-seller', 'Usher',
];
export const keyOf = (server) => readFileSync(join(server.folder, 'operator.key'), 'utf8').trim();

/** Goes to a page as it is looked at: in the page's own font, at rest, with nothing in focus. */
export async function pose(fan, page, what) {
  await shots[page](fan, what);
  await fan.page.evaluate(() => document.activeElement?.blur());
  await fan.page.evaluate(() => document.fonts.ready);
  await fan.page.waitForTimeout(400); // what arrives has arrived
}
