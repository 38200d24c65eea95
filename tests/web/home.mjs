// The programme: what is on, found by its words, and the way back to what is held.

import assert from 'node:assert/strict';
import { create, holdBest, order, release, season, visit } from './steps.mjs';
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

  'an event has its nights in a calendar, with times and what is left of each grade': async (world) => {
    const { eventId, ids } = await season(world, '빛의 항해', [11, 12, 12.1, 50]);
    const { grades } = await world.operate('TicketService/GetGrades', { performanceId: ids[0] });
    const { counts } = await world.operate('TicketService/GetPerformance', { performanceId: ids[0] });
    assert.equal(grades.reduce((sum, { free }) => sum + free, 0), counts.free);
    await assert.rejects(world.operate('TicketService/GetGrades', { performanceId: 9999 }), /NOT_FOUND/);
    for (const [option, locale] of [[phone, 'ko-KR'], [desktop, 'en-GB']]) {
      await visit(world, [{ ...option, locale, colorScheme: locale === 'ko-KR' ? 'dark' : 'light' }], async (a) => {
        const { page } = a;
        await page.goto(`${a.url}/e/${eventId}`);
        await page.waitForSelector('.calendar [data-day][aria-pressed=true]');
        const stubs = () => page.$$eval('.event-times [data-performance]', (all) => all.map(({ dataset }) => Number(dataset.performance)));
        assert.deepEqual(await stubs(), [ids[0]]);
        await page.waitForFunction(() => document.querySelectorAll('.grades dd span:not(:empty)').length >= 4);
        const days = page.locator('.calendar [data-day]');
        // The months are turned to the night that is furthest.
        for (let n = 0; n < 3 && (await page.isEnabled('.calendar-head button >> nth=1')); n++) {
          await page.click('.calendar-head button >> nth=1');
        }
        await days.last().click();
        assert.deepEqual(await stubs(), [ids[3]]);
        while (await page.isEnabled('.calendar-head button >> nth=0')) await page.click('.calendar-head button >> nth=0');
        const double = page.locator(`.calendar [data-day]:has-text("${locale === 'ko-KR' ? '2회' : '2 perf'}")`);
        if ((await double.count()) === 0) await page.click('.calendar-head button >> nth=1');
        await double.click();
        assert.deepEqual(await stubs(), [ids[1], ids[2]]);
        await a.isAccessible(`a calendar, ${locale}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${wide} px too wide`);
        await a.picture(`event-calendar-${locale}`);
        await page.click('.event-times [data-performance] >> nth=0');
        await page.waitForURL(new RegExp(`/p/${ids[1]}$`));
      });
    }
  },

  'who is to be told of an opening proves the address, and takes it back': async (world) => {
    const performance = await create(world, ['--capacity', '500'], '--name', 'Told in time', '--starts-at', '+9d');
    await world.usher(
      'sale', 'create', '--name', 'Told', '--performances', performance, '--opens-at', '+2h',
      '--time-zone', 'Asia/Seoul', '--json',
    );
    const { events } = await world.usher('event', 'list', '--json');
    const { eventId } = events.find(({ name }) => name === 'Told in time');
    for (const [locale, email, mark] of [['ko-KR', 'told.ko@example.org', /30분/], ['en-GB', 'told.en@example.org', /30 minutes/]]) {
      await visit(world, [{ ...phone, locale, viewport: { width: 320, height: 700 } }], async (a) => {
        await a.page.goto(`${a.url}/e/${eventId}`);
        await a.press('remind');
        await a.isAccessible('asking for a reminder');
        await a.press('remind-send');
        await a.page.waitForSelector('.remind .field-bad');
        await a.page.fill('.remind [name=email]', email);
        await a.press('remind-send');
        await a.page.waitForSelector('.remind [name=code]');
        await a.page.fill('.remind [name=code]', await world.mailedCode(email));
        await a.picture(`remind-code-${locale}`);
        await a.press('remind-send');
        await a.page.waitForSelector('[data-remind=asked]');
        await a.page.reload();
        await a.page.waitForSelector('[data-remind=asked]');
        const said = await a.page.textContent('[data-remind=asked]');
        assert.match(said, mark);
        assert.ok(said.includes(email));
        const wide = await a.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= 320, `the page is ${wide} px wide`);
        await a.isAccessible('a reminder');
        await a.picture(`remind-${locale}`);
        await a.press('remind-not');
        await a.page.waitForSelector('[data-action=remind]');
      });
    }
    await visit(world, [{ ...phone, locale: 'ko-KR' }], async (a) => {
      const email = 'told.member@example.org';
      await a.page.goto(`${a.url}/register`);
      await a.page.fill('[name=name]', 'Kim Minji');
      await a.page.fill('[name=email]', email);
      await a.page.fill('[name=password]', 'a password of fifteen');
      await a.page.check('[name=terms]');
      await a.press('submit');
      await a.page.waitForSelector('[name=code]');
      await a.page.fill('[name=code]', await world.mailedCode(email));
      await a.press('submit');
      await a.page.waitForFunction(() => !location.pathname.startsWith('/register'));
      await a.page.goto(`${a.url}/e/${eventId}`);
      await a.press('remind');
      await a.page.waitForSelector('[data-remind=asked]');
      await a.page.goto(`${a.url}/account`);
      await a.page.waitForSelector('[data-part=reminders]');
      await a.isAccessible('an account with a reminder');
      await a.picture('account-reminder');
      await a.page.click('[data-part=reminders] [data-action=remind-not]');
      await a.page.waitForSelector('[data-part=reminders]', { state: 'detached' });
      await a.page.goto(`${a.url}/e/${eventId}`);
      await a.page.waitForSelector('[data-action=remind]');
    });
  },

  'what has begun is in an archive, and an empty one says so': (world) =>
    visit(world, [desktop], async (a) => {
      await a.page.goto(`${a.url}/past`);
      await a.page.waitForSelector('.home h1:has-text("Past events")');
      await a.isAccessible('the archive');
      await a.page.click('.home-more a');
      await a.page.waitForSelector('.date');
    }),

  'the page’s own font comes after what it is for, moves nothing, and only as far as letters want it': async (world) => {
    const files = (page) =>
      page.evaluate(() =>
        performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.woff2')).map(({ name, startTime, encodedBodySize }) => ({ name, startTime, encodedBodySize })),
      );
    const moved = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(window.moved)))));
    const worn = (page) => page.evaluate(() => [...document.fonts].filter(({ family, status }) => /Usher Sans/.test(family) && status === 'loaded').length);
    const arrive = async (a, network) => {
      if (network) await a.page.addInitScript((value) => Object.defineProperty(navigator, 'connection', { value }), network);
      await a.page.addInitScript(() => {
        window.moved = 0;
        new PerformanceObserver((list) => {
          for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.moved += value;
        }).observe({ type: 'layout-shift', buffered: true });
      });
      await a.page.goto(`${a.url}/e/1`);
      await a.page.waitForSelector('[data-event] .grades dd span:not(:empty)');
      return moved(a.page);
    };
    const fetched = [];
    for (const locale of ['ko-KR', 'en-GB']) {
      await visit(world, [{ ...phone, locale }], async ({ page, ...a }) => {
        const before = await arrive({ page, ...a });
        await page.waitForFunction(() => localStorage.getItem('usher.face'));
        const painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
        const got = await files(page);
        fetched.push(...got);
        assert.ok(got.length > 0 && got.every(({ startTime }) => startTime > painted), 'the font was asked for before the first paint');
        assert.ok(got.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) <= 300_000);
        assert.equal(got.some(({ name }) => /korean/.test(name)), locale === 'ko-KR');
        assert.equal(await worn(page), 0, 'what is read gets another font under the reader’s eyes');
        assert.ok((await moved(page)) - before < 0.001);
        // With the next page, and from then on from the start.
        await page.click('.brand');
        await page.waitForSelector('.date');
        await page.waitForFunction(() => [...document.fonts].some(({ family, status }) => /Usher Sans/.test(family) && status === 'loaded'));
        await page.reload();
        await page.waitForSelector('.date');
        await page.waitForFunction(() => [...document.fonts].some(({ family, status }) => /Usher Sans/.test(family) && status === 'loaded'));
        assert.ok((await page.evaluate(() => [...document.fonts].every(({ status }) => status !== 'error'))));
      });
    }
    for (const { name } of fetched) {
      const { headers } = await fetch(name);
      assert.match(headers.get('cache-control'), /immutable/);
      assert.equal(headers.get('content-type'), 'font/woff2');
    }
    for (const network of [{ effectiveType: '3g' }, { effectiveType: '4g', saveData: true }]) {
      await visit(world, [phone], async (a) => {
        await arrive(a, network);
        await a.page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => /\/face-[^/]*\.js$/.test(name)));
        await moved(a.page);
        assert.deepEqual(await files(a.page), []);
      });
    }
    assert.match(await (await fetch(`${world.url}/assets/font-licence.txt`)).text(), /SIL OPEN FONT LICENSE/);
  },

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
        console.log(`   ${what}: ${all.toFixed(2)} kB, gzipped`);
        assert.ok(sizes.every(([, size]) => size > 0), 'a size is not known');
        return all;
      };
      await a.page.goto(a.url);
      await a.page.waitForSelector('.date');
      await a.page.click('[data-performance="1"]');
      await a.live();
      await a.page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => /\/face-[^/]*\.js$/.test(name)));
      assert.ok((await loaded('to the seats')) <= 75);
      await holdBest(a, 1);
      await order(a);
      await a.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
      assert.ok((await loaded('to the ticket')) <= 102, 'with the order form, and what draws codes');
    }),
};
