// What a browser keeps: seats of a hold that ended, and tickets for a door without a network.

import assert from 'node:assert/strict';
import { startServer } from './server.mjs';
import { create, holdBest, order, release, visit } from './steps.mjs';
import { desktop, phone, Visitor } from './visitor.mjs';

const code = (visitor) => visitor.page.getAttribute('.ticket .qr path', 'd');

export const keep = {
  'after a hold ended the same seats can be tried again, on the page and from the order form': async (world) => {
    const performance = await create(
      world, ['--capacity', '500'], '--name', 'Short', '--open', '--hold-ttl', '4s',
    );
    await visit(world, [desktop], async (a) => {
      await a.openHall(performance);
      await a.live();
      const before = await holdBest(a, 2);
      await a.page.waitForSelector('.notice[data-reason=HOLD_EXPIRED] [data-action=again]:enabled');
      await a.press('again');
      await a.page.waitForSelector('.held');
      const seats = ({ seats: all }) => all.map(({ seat }) => seat);
      assert.deepEqual(seats(await a.held()), seats(before));
      assert.notEqual((await a.held()).id, before.id);
      await a.press('order');
      await a.page.waitForSelector('.trouble a');
      await a.isAccessible('an order form whose hold ended');
      await a.page.click('.trouble a');
      await a.page.waitForSelector('[data-action=again]:enabled');
      await a.press('again');
      await a.page.waitForSelector('.held');
      assert.deepEqual(seats(await a.held()), seats(before));
      await release(a);
      assert.equal(await a.page.locator('[data-action=again]').count(), 0, 'given back is not ended');
    });
  },

  'tickets open without a network, in a browser that has seen them': async (world) => {
    const server = await startServer(world.binary);
    let up = true;
    const a = await Visitor.arrive(world.browser, server.url, { ...phone, locale: 'en-GB' }, world.pictures);
    try {
      await a.openHall();
      await a.live();
      await holdBest(a, 2);
      await order(a);
      await a.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
      const shown = await code(a);
      // waitForFunction does not wait for what a promise says.
      const kept = () => a.page.evaluate(async () => (await caches.match('/')) !== undefined);
      for (let n = 0; n < 100 && !(await kept()); n++) await a.page.waitForTimeout(100);
      await server.stop();
      up = false;
      await a.page.reload();
      await a.page.waitForSelector('.notice:has-text("Without a network")');
      await a.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
      assert.equal(await code(a), shown, 'the code is the one that was bought');
      await a.isAccessible('an order without a network');
      await a.page.click('[data-action=show]');
      await a.page.waitForSelector('dialog.full-code[open]');
      await a.picture('ticket-offline-phone');
      await a.page.keyboard.press('Escape');
      await a.page.goto(`${server.url}/orders`);
      await a.page.waitForSelector('.stub');
      assert.equal(await a.page.locator('.stub').count(), 1);
    } finally {
      await a.leave();
      if (up) await server.stop();
    }
  },

  'a ticket is passed on to a friend, and taken back; the door knows only who has it': async (world) => {
    await visit(world, [{ ...phone, locale: 'en-GB' }], async (a) => {
      await a.openHall();
      await a.live();
      await holdBest(a, 2);
      await order(a);
      await a.page.click('[data-action=pass] >> nth=0');
      await a.page.waitForSelector('dialog[open] .pass-form');
      await a.isAccessible('passing on');
      await a.press('pass-yes');
      await a.page.waitForFunction(() => document.activeElement.name === 'friend');
      await a.page.fill('[name=friend]', 'Park Jiwoo');
      await a.page.fill('[name=friend-email]', 'jiwoo@example.net');
      await a.press('pass-yes');
      await a.page.waitForSelector('.ticket-passed:has-text("j…@example.net")');
      assert.equal(await a.page.locator('.qr').count(), 1, 'the friend’s code is the friend’s');
      await a.isAccessible('passed on');
      await a.picture('passed-on-phone');
      const { mails } = await world.usher('mail', 'list', '--to', 'jiwoo@example.net', '--json');
      assert.equal(mails.length, 1);
      const { text } = await world.usher('mail', 'show', mails[0].mailId, '--json');
      assert.match(text, /Kim Minji has passed this ticket on to you/);
      await a.page.click('[data-action=pass] >> nth=0');
      await a.page.waitForSelector('dialog[open] .pass-form');
      await a.isAccessible('taking back');
      await a.press('pass-yes');
      await a.page.waitForSelector('.ticket-passed', { state: 'detached' });
      assert.equal(await a.page.locator('.qr').count(), 2);
    });
  },
};
