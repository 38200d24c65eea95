// A fan's way in the other two engines: node engines-run.mjs [--binary build/usher] [--pictures DIR] [--only PATTERN]
// Ends with "N passed, N failed"; the exit code is 0 only if nothing failed.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openFirefox, openWebKit } from './engines.mjs';
import { startServer } from './server.mjs';

const { values } = parseArgs({
  options: {
    binary: { type: 'string', default: '../../build/usher' },
    pictures: { type: 'string', default: '../../build/web-pictures' },
    only: { type: 'string', default: '' },
  },
});

const action = (name) => `[data-action=${name}]`;

async function openHall(page, url) {
  await page.goto(`${url}/p/1`);
  await page.find('.map-face[data-link=live]');
}

const sold = (page) => page.evaluate(() => Number(document.querySelector('.map-face').dataset.sold));

const cases = {
  'from the posters to tickets, paid by card at the provider': async ({ open, url, picture }) => {
    const page = await open(1280, 900);
    await page.goto(url);
    await page.press('.event a[href^="/e/"]');
    await page.press('[data-event] a[href^="/p/"]');
    await page.find('.map-face[data-link=live]');
    await picture(page, 'hall');
    const before = await sold(page);
    await page.press(action('best'));
    await page.find('.held');
    assert.equal(await page.count('.held li[data-seat]'), 2);
    await page.press(action('order'));
    await page.fill('[name=name]', 'Kim Minji');
    await page.fill('[name=email]', 'minji.kim@example.com');
    await page.find('[name=way]:checked:not([value=""])');
    await page.press('[name=terms]');
    await picture(page, 'pay');
    await page.press(action('pay'));
    await page.press('button[name=choice][value=pay]');
    await page.sees(() => /\/orders\/[^/]+$/.test(location.pathname));
    await page.find('.qr[data-modules]:not([data-modules="0"])');
    assert.equal(await page.count('.ticket'), 2);
    await picture(page, 'tickets');
    const number = await page.text('.order-head');
    await page.goto(await page.evaluate(() => location.href));
    await page.find('.ticket');
    assert.equal(await page.text('.order-head'), number, 'a reload shows the same order');
    await openHall(page, url);
    await page.sees((count) => Number(document.querySelector('.map-face').dataset.sold) >= count, before + 2);
  },

  'by the keyboard alone: a seat, held, ordered, paid at the box office': async ({ open, url, picture }) => {
    const page = await open(1280, 900);
    await openHall(page, url);
    await page.tabTo('.map-face');
    for (let step = 0; (await page.count('.chip')) === 0; step++) {
      assert.ok(step < 80, 'no free seat within 80 steps');
      await page.keys(step % 20 === 19 ? 'ArrowDown' : 'ArrowRight');
      await page.keys('Enter');
    }
    await picture(page, 'chosen');
    await page.tabTo(action('hold'));
    await page.keys('Enter');
    await page.find('.held');
    await page.tabTo(action('order'));
    await page.keys('Enter');
    await page.find('.pay-form');
    for (const [name, words] of [['name', 'Kim Minji'], ['email', 'minji.kim@example.com']]) {
      await page.tabTo(`[name=${name}]`);
      await page.keys(...words);
    }
    await page.tabTo('[name=way]:checked');
    for (let step = 0; !(await page.evaluate(() => document.activeElement.matches('[name=way][value=""]'))); step++) {
      assert.ok(step < 10, 'the box office cannot be chosen by the keyboard');
      await page.keys('ArrowDown');
    }
    await page.tabTo('[name=terms]');
    await page.keys(' ');
    await page.tabTo(action('pay'));
    await page.keys('Enter');
    await page.find('.qr[data-modules]:not([data-modules="0"])');
    assert.equal(await page.count('.ticket'), 1);
  },

  'a narrow page does not scroll sideways, and sees what others take': async ({ open, url, usher, picture }) => {
    const page = await open(600, 900);
    for (const path of ['/', '/e/1', '/sign-in', '/orders', '/no/such/page']) {
      await page.goto(url + path);
      await page.find('h1, .trouble');
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `${path} is ${wider} px too wide`);
    }
    await openHall(page, url);
    await picture(page, 'narrow');
    const before = await sold(page);
    await usher('stampede', '--users', 3, '--within', '1s', '--seats', 'best', '--party', '1-1');
    await page.sees((count) => Number(document.querySelector('.map-face').dataset.sold) >= count, before + 3);
  },
};

let passed = 0;
let failed = 0;
const verdict = (name, error) => {
  if (error) failed++;
  else passed++;
  console.log(error ? `not ok ${name}: ${String(error.stack ?? error).split('\n').slice(0, 8).join('\n   | ')}` : `ok ${name}`);
};

mkdirSync(values.pictures, { recursive: true });
const server = await startServer(values.binary);
try {
  for (const open of [openFirefox, openWebKit]) {
    let browser;
    try {
      browser = await open();
    } catch (error) {
      verdict(open.name, error);
      continue;
    }
    console.log(`# ${browser.version}`);
    const picture = (page, name) => page.picture(join(values.pictures, `${browser.name}-${name}.png`));
    for (const [name, run] of Object.entries(cases)) {
      if (!new RegExp(values.only).test(`${browser.name}: ${name}`)) continue;
      const pages = [];
      const world = {
        url: server.url,
        usher: server.usher,
        picture,
        async open(width, height) {
          pages.push(await browser.page(width, height));
          return pages.at(-1);
        },
      };
      try {
        await run(world);
        assert.deepEqual(pages.flatMap(({ errors }) => errors), []);
        verdict(`${browser.name}: ${name}`);
      } catch (error) {
        for (const page of pages) await picture(page, `failed-${passed + failed}`).catch(() => {});
        verdict(`${browser.name}: ${name}`, error);
      }
    }
    await browser.close();
  }
} finally {
  await server.stop();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
