// Halls in states that the demo is not in: sold out, not yet on sale, with standing areas. The organiser makes them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { create, visit } from './steps.mjs';
import { desktop, phone } from './visitor.mjs';

const long = `${'The Long Farewell Tour of the Northern Islands, '.repeat(3)}in Four Acts`;
const small = ['--capacity', '500'];
const standing = ['--capacity', '500', '--standing', '8'];

/** Somebody who is not at any page holds places of a standing area. */
async function takePlaces(world, performanceId, section, quantity) {
  const call = async (method, body, token) => {
    const headers = { 'content-type': 'application/json' };
    if (token) headers.authorization = `Bearer ${token}`;
    const answer = await fetch(`${world.url}/usher.v1.${method}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, await answer.clone().text());
    return answer.json();
  };
  const { token } = await call('AuthService/CreateGuest', {});
  const areas = [{ section, quantity }];
  const wish = { performanceId, areas, idempotencyKey: `${performanceId} ${section}` };
  return call('TicketService/HoldSeats', wish, token);
}

const fits = (visitor, selector) =>
  visitor.page.$$eval(selector, (all) => all.every((e) => e.scrollWidth <= e.clientWidth));

export const halls = {
  'a hall that is sold out says so, and offers nothing': async (world) => {
    const performance = await create(world, small, '--name', 'Gone', '--open');
    const crowd = ['--users', '500', '--within', '100ms', '--seats', 'best', '--order'];
    await world.usher('stampede', '--performance', performance, ...crowd);
    await visit(world, [desktop], async (a) => {
      await a.openHall(performance);
      await a.live();
      assert.equal((await a.counts()).free, 0);
      assert.match(await a.page.textContent('.panel .notice'), /Sold out/);
      assert.ok(await a.page.isDisabled('[data-action=best]'));
      await a.page.waitForSelector('.map-hint.gone', { state: 'attached' });
      assert.equal(await a.page.locator('.chosen').count(), 0);
      await a.picture('sold-out-desktop');
    });
  },

  'what is not yet on sale can be looked at, and opens by itself': async (world) => {
    const performance = await create(world, small, '--name', long);
    await visit(world, [desktop], async (a) => {
      await a.page.goto(a.url);
      await a.page.waitForSelector(`[data-performance="${performance}"]`);
      assert.ok(await fits(a, '.date-text'), 'what is left runs into the button');
      await a.openHall(performance);
      await a.live();
      const head = await a.page.locator('.panel-head').boundingBox();
      assert.ok(head.height < 220, `a long name takes ${head.height} px`);
      assert.ok(await a.page.isDisabled('[data-action=best]'));
      await world.usher('event', 'open', performance);
      await a.page.waitForSelector('[data-action=best]:enabled');
      assert.equal(await a.page.locator('.panel .notice').count(), 0);
    });
  },

  'places of a standing area are had by number, and go as others take them': async (world) => {
    const performance = await create(world, standing, '--name', 'Pit', '--open', '--places-max', 4);
    await visit(world, [{ ...phone, locale: 'en-GB' }, desktop], async (a, b) => {
      for (const visitor of [a, b]) {
        await visitor.openHall(performance);
        await visitor.live();
      }
      // On the map every click in the area is one more, until the limit, and that is told.
      const face = await b.page.locator('.map-face').boundingBox();
      const click = (share) =>
        b.page.mouse.click(face.x + face.width / 2, face.y + face.height * share);
      let share = 0.1;
      while ((await b.page.locator('.chip:has-text("×")').count()) === 0 && share < 0.9) {
        await click((share += 0.02));
        await b.rest();
      }
      for (let n = 2; n <= 4; n++) {
        await click(share);
        await b.page.waitForSelector(`.chip:has-text("× ${n}")`);
      }
      await click(share);
      await b.page.waitForSelector('.notice[data-reason=LIMIT_REACHED]');
      await b.page.click('.chip');
      const more = a.page.locator('.areas .stepper button').last();
      for (let n = 0; n < 4; n++) await more.click();
      assert.ok(await more.isDisabled(), 'four are the limit');
      assert.match(await a.page.textContent('.chip'), /× 4/);
      await a.press('hold');
      await a.page.waitForSelector('.held');
      const lines = await a.page.locator('.lines li[data-seat]').allTextContents();
      assert.equal(lines.length, 1, 'places of one name are one line');
      assert.match(lines[0], /× 4.*€50\.00/);
      await a.picture('standing-held-phone');
      await b.page.waitForSelector('.map-face[data-held="4"]');
      // Four are left; the other chooses two, and somebody takes three.
      for (let n = 0; n < 2; n++) await b.page.locator('.areas .stepper button').last().click();
      assert.match(await b.page.textContent('.chip'), /× 2/);
      await takePlaces(world, performance, 0, 3);
      await b.page.waitForSelector('.notice-warn');
      assert.match(await b.page.textContent('.chip'), /× 1/);
    });
  },

  'places for wheelchairs bear a sign, and can be looked for alone': async (world) => {
    const plan = fileURLToPath(new URL('../halls/kinds.pretix.json', import.meta.url));
    const { hallId, categories, placeCount } = await world.usher('hall', 'import', plan, '--json');
    const prices = categories.map(() => 4000).join(',');
    const { performanceId } = await world.usher(
      'event', 'create', '--hall', hallId, '--prices', prices, '--currency', 'EUR', '--publish', '--open', '--name', 'Kinds', '--json',
    );
    await visit(world, [desktop], async (a) => {
      await a.openHall(performanceId);
      await a.live();
      const seen = new Map();
      for (const key of [...Array(4).fill('ArrowUp'), ...Array(8).fill('ArrowLeft'), ...Array(7).fill('ArrowRight')]) {
        const at = await a.key(key);
        const kind = /wheelchair/.test(at.text) ? 'wheelchair' : /companion/.test(at.text) ? 'companion' : 'plain';
        if (!seen.has(kind)) seen.set(kind, at);
      }
      assert.ok(seen.has('wheelchair') && seen.has('plain'), [...seen.keys()].join(' '));
      await a.page.evaluate(() => document.activeElement.blur());
      // Near its left edge, where neither a sign nor a number is.
      const colours = async () => {
        await a.rest();
        const found = {};
        for (const [kind, { x, y }] of seen) found[kind] = await a.colourAt(x - 0.3 * (await a.cell()), y);
        return found;
      };
      const before = await colours();
      await a.picture('kinds-desktop');
      await a.press('accessible');
      await a.page.waitForSelector('[data-action=accessible][aria-pressed=true]');
      const after = await colours();
      assert.equal(after.wheelchair, before.wheelchair, 'what is looked for stays as it is');
      assert.notEqual(after.plain, before.plain, 'all else is faded');
      await a.isAccessible('places for wheelchairs');
      await a.picture('kinds-accessible-desktop');
      await a.press('accessible');
      assert.deepEqual(await colours(), before);

      // Nothing ordinary is left: the other kinds are named, and can be asked for.
      const chairs = JSON.parse(readFileSync(plan, 'utf8')).zones.flatMap(({ rows }) =>
        rows.flatMap(({ seats }) => seats.toSorted((one, other) => one.position.x - other.position.x)),
      );
      const first = placeCount - chairs.length; // places to stand come before them
      const ordinary = [...Array(placeCount).keys()].filter((seat) => !chairs[seat - first]?.kind);
      await world.usher('event', 'block', performanceId, '--seats', ordinary.join(','), '--reason', 'a school', '--json');
      await a.press('best');
      await a.page.waitForSelector('[data-reason=NO_ADJACENT_SEATS] [data-action=restricted]');
      assert.match(await a.page.textContent('[data-reason=NO_ADJACENT_SEATS]'), /restricted view.*wheelchair/s);
      await a.isAccessible('other kinds of places');
      await a.press('wheelchair');
      await a.page.waitForSelector('.held');
      assert.deepEqual(a.errors.filter((text) => !/409/.test(text)), []);
    }, true);
  },
};
