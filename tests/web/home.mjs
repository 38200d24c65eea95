// The programme: what is on, found by its words, and the way back to what is held.

import assert from 'node:assert/strict';
import { create, holdBest, order, release, visit } from './steps.mjs';
import { desktop, phone } from './visitor.mjs';

const names = ['Winter Light', '윤슬 콘서트', 'Chamber Nights', 'Jazz on the Roof'];

const clockEverywhere = (world, locale) =>
  visit(world, [{ ...phone, locale, viewport: { width: 320, height: 568 } }], async (a) => {
    await a.openHall();
    await a.live();
    assert.equal(await a.page.locator('.top-clock').count(), 0);
    await holdBest(a, 1);
    for (const path of ['/', '/orders', '/sign-in', '/past']) {
      await a.page.goto(a.url + path);
      assert.match(await a.page.textContent('.top-clock'), /^\d:\d\d$/);
      const wide = await a.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 320, `${path} is ${wide} px wide`);
      await a.isAccessible(path);
    }
    await a.page.click('.top-clock');
    await a.page.waitForSelector('.held');
    await release(a);
    await a.page.waitForSelector('.top-clock', { state: 'detached' });
  });

export const home = {
  'the programme is searched by every word, in either language': async (world) => {
    for (const name of names) await create(world, ['--capacity', '500'], '--name', name, '--starts-at', '+9d');
    await visit(world, [{ ...phone, locale: 'en-GB' }], async (a) => {
      const titles = () => a.page.locator('.event h2').allTextContents();
      await a.page.goto(a.url);
      await a.page.waitForSelector('.date');
      assert.ok((await titles()).length >= names.length);
      await a.page.fill('[type=search]', 'LIGHT wint');
      await a.page.waitForFunction(() => document.querySelectorAll('.event').length === 1);
      assert.deepEqual(await titles(), ['Winter Light']);
      await a.page.fill('[type=search]', '콘서트');
      await a.page.waitForFunction(() => document.querySelector('.event h2')?.textContent === '윤슬 콘서트');
      await a.page.fill('[type=search]', 'zebra');
      await a.page.waitForSelector('output:has-text("zebra")');
      assert.equal((await titles()).length, 0);
      await a.isAccessible('nothing found');
      const wide = await a.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 390, `the page is ${wide} px wide`);
    });
  },

  'the clock of a hold is in the header of every page, and leads back to the seats': async (world) => {
    for (const locale of ['ko-KR', 'en-GB']) await clockEverywhere(world, locale);
  },

  'what has begun is in an archive, and an empty one says so': (world) =>
    visit(world, [desktop], async (a) => {
      await a.page.goto(`${a.url}/past`);
      await a.page.waitForSelector('.home h1:has-text("Past events")');
      await a.isAccessible('the archive');
      await a.page.click('.home-more a');
      await a.page.waitForSelector('.date');
    }),

  'a fan’s way, from the programme to the seats and the ticket, loads little': (world) =>
    visit(world, [desktop], async (a) => {
      const loaded = async (what) => {
        const sizes = await a.page.evaluate(() =>
          performance
            .getEntriesByType('resource')
            .filter(({ name }) => /\/assets\/.*\.(js|css)$/.test(name))
            .map(({ name, encodedBodySize }) => [name.split('/').at(-1), encodedBodySize]),
        );
        const all = sizes.reduce((sum, [, size]) => sum + size, 0) / 1000;
        console.log(`   ${what}: ${all.toFixed(1)} kB, gzipped`);
        assert.ok(sizes.every(([, size]) => size > 0), 'a size is not known');
        return all;
      };
      await a.page.goto(a.url);
      await a.page.waitForSelector('.date');
      await a.page.click('[data-performance="1"]');
      await a.live();
      assert.ok((await loaded('to the seats')) <= 75);
      await holdBest(a, 1);
      await order(a);
      await a.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
      assert.ok((await loaded('to the ticket')) <= 95, 'with the order form, and what draws codes');
    }),
};
