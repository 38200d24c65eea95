// Pictures of every page of a fan, to look at and to compare with those of the commit before:
//   node looks.mjs [--binary build/usher] [--out DIR] [--only PATTERN] [--than DIR]
//
// With --than it compares with the pictures of an earlier run by the same Chromium, prints how much of each differs, and
// ends with 1 where one differs by more than a hundredth, or is missing. Moments and numbers that are never the same
// (clocks, order numbers, codes) are hidden by a style sheet.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from './server.mjs';
import { create, holdBest, order, season } from './steps.mjs';
import { openBrowser, Visitor } from './visitor.mjs';

const { values } = parseArgs({
  options: {
    binary: { type: 'string', default: '../../build/usher' },
    out: { type: 'string', default: '../../build/looks' },
    only: { type: 'string', default: '' },
    than: { type: 'string' },
  },
});

const screens = [
  { name: '360', viewport: { width: 360, height: 740 }, locale: 'ko-KR', isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  { name: '390', viewport: { width: 390, height: 844 }, locale: 'en-GB', isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  { name: 'side', viewport: { width: 844, height: 390 }, locale: 'ko-KR', isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  { name: '820', viewport: { width: 820, height: 1180 }, locale: 'ko-KR', hasTouch: true },
  { name: '1440', viewport: { width: 1440, height: 900 }, locale: 'en-GB' },
  { name: '1440-dark', viewport: { width: 1440, height: 900 }, locale: 'ko-KR', colorScheme: 'dark' },
  { name: '1920', viewport: { width: 1920, height: 1080 }, locale: 'ko-KR' },
];

const pages = ['home', 'event', 'nights', 'hall', 'seats', 'chosen', 'held', 'stadium', 'line', 'pay', 'order', 'orders', 'signin', 'past', 'missing'];
const wanted = (screen, page) => new RegExp(values.only).test(`${page}-${screen.name}`);

/** Events as a site has them: several nights, one far away, one without dates to buy. */
async function programme(server) {
  const say = '열두 명의 연주자와 단 한 번뿐인 밤. 1부와 2부 사이에 20분의 휴식이 있습니다.';
  const world = { usher: server.usher };
  const own = await create(world, ['--capacity', '1500'], '--name', '윤슬 콘서트: 겨울의 빛', '--description', say, '--currency', 'KRW', '--starts-at', '+12d', '--open');
  await create(world, ['--capacity', '800'], '--name', 'Chamber Nights', '--description', 'Four quartets, four evenings, one room.', '--starts-at', '+20d', '--open');
  await create(world, ['--capacity', '500'], '--name', 'Jazz on the Roof', '--starts-at', '+33d');
  await create(world, ['--capacity', '2000', '--standing', '600'], '--name', '한밤의 록 페스티벌', '--starts-at', '+45d', '--currency', 'KRW', '--open');
  const stadium = await create(world, ['--capacity', '40000'], '--name', 'Stadium of Lights', '--starts-at', '+60d', '--open');
  const { eventId: nights } = await season(server, '뮤지컬 <빛의 항해>', [9, 10, 10.1, 15, 16, 40], `${say}\n\n관람 등급: 8세 이상\n공연 시간: 150분`);
  const second = await create(world, ['--capacity', '2000'], '--name', '두 번째 밤', '--currency', 'KRW', '--starts-at', '+70d', '--open');
  const sale = await server.usher(
    'sale', 'create', '--name', '두 번째 밤', '--performances', second, '--guests', '--capacity-min', 5, '--capacity-max', 5,
    '--claim', '4s', '--json',
  );
  for (let n = 0; n < 40; n++) await server.join(sale.saleId);
  return { own, stadium, nights, saleId: sale.saleId };
}

const shots = {
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
};

/** How much of two pictures differs, from 0 to 1: counted by the browser, a pixel differs by more than a breath. */
async function difference(page, one, other) {
  const url = (file) => `data:image/png;base64,${readFileSync(file).toString('base64')}`;
  return page.evaluate(
    async (sources) => {
      const [a, b] = await Promise.all(
        sources.map(async (source) => {
          const image = new Image();
          image.src = source;
          await image.decode();
          const canvas = new OffscreenCanvas(image.width, image.height);
          const context = canvas.getContext('2d');
          context.drawImage(image, 0, 0);
          return context.getImageData(0, 0, image.width, image.height);
        }),
      );
      if (a.width !== b.width || a.height !== b.height) return 1;
      let differs = 0;
      for (let i = 0; i < a.data.length; i += 4) {
        const far = Math.abs(a.data[i] - b.data[i]) + Math.abs(a.data[i + 1] - b.data[i + 1]) + Math.abs(a.data[i + 2] - b.data[i + 2]);
        if (far > 24) differs++;
      }
      return differs / (a.data.length / 4);
    },
    [url(one), url(other)],
  );
}

mkdirSync(values.out, { recursive: true });
const server = await startServer(
  values.binary, '--terms-url', 'https://example.org/terms', '--privacy-url', 'https://example.org/privacy', '--help-url',
  'mailto:help@example.org', '--site-seller', 'Usher',
);
const browser = await openBrowser();
let taken = 0;
try {
  const what = await programme(server);
  await server.usher('stampede', '--abandon', '0.3', '--users', '200', '--within', '1s', '--seats', 'best', '--party', '1-4');
  for (const screen of screens) {
    const { name, ...options } = screen;
    const fan = await Visitor.arrive(browser, server.url, options, values.out);
    await fan.page.addInitScript(() => localStorage.setItem('usher.face', '1')); // the page's own font from the start
    for (const one of pages) {
      if (!wanted(screen, one)) continue;
      try {
        await shots[one](fan, what);
        await fan.page.evaluate(() => document.activeElement?.blur());
        await fan.page.waitForTimeout(400); // what arrives has arrived
        const long = !['hall', 'seats', 'chosen', 'held', 'stadium'].includes(one);
        await fan.page.screenshot({ path: join(values.out, `${one}-${name}.png`), fullPage: long });
        taken++;
      } catch (error) {
        console.log(`not ok ${one}-${name}: ${String(error).split('\n')[0]}`);
        process.exitCode = 1;
      }
    }
    await fan.leave();
  }
  if (values.than) {
    const page = await browser.newPage();
    for (const file of readdirSync(values.out).filter((one) => one.endsWith('.png'))) {
      const before = join(values.than, file);
      const share = existsSync(before) ? await difference(page, join(values.out, file), before) : 1;
      if (share > 0) console.log(`${(share * 100).toFixed(2)} % ${file}`);
      if (share > 0.01) process.exitCode = 1;
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
assert.ok(taken > 0, 'no picture was taken');
console.log(`${taken} pictures in ${values.out}`);
