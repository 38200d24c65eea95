// The rules of a sale, told on the map before the hold: a single place left alone, and a price's limit.

import assert from 'node:assert/strict';
import { create, visit } from './steps.mjs';
import { fits } from './trade.mjs';
import { desktop, phone } from './visitor.mjs';

/** Goes along the front row to a seat, and chooses it. */
async function choose(visitor, seat) {
  for (let step = 0; step < 30; step++) {
    const at = await visitor.cursor();
    if (at?.seat === seat) return visitor.key('Enter');
    await visitor.key(at && at.seat < seat ? 'ArrowRight' : at && at.seat < 7 ? 'ArrowLeft' : 'ArrowUp');
  }
  throw new Error(`seat ${seat} is not on the way`);
}

export const rules = {
  'a seat that would be left alone, and a limit of a price, are told before the hold': async (world) => {
    const performanceId = await create(world, ['--capacity', '60'], '--name', 'Rules', '--rest', '0', '--open');
    const said = await world.usher('event', 'rules', performanceId, '--single', 'must-not', '--most', 'VIP=3', '--json');
    assert.deepEqual([said.rules.noOrphans, said.rules.categoryPlaces[0]], [true, 3]);
    await visit(world, [desktop, { ...phone, colorScheme: 'dark' }], async (a, b) => {
      await a.openHall(performanceId);
      await a.live();
      await choose(a, 1);
      await a.page.waitForSelector('.chosen [data-reason=SEAT_LEFT_ALONE]');
      assert.match(await a.page.textContent('.chosen .notice'), /seat 1/);
      assert.ok(await a.page.isDisabled('[data-action=hold]'));
      await a.isAccessible('a seat that would be left alone');
      await a.picture('rules-alone-desktop');
      await a.press('take-too');
      await a.page.waitForSelector('.chosen .notice', { state: 'detached' });
      assert.equal(await a.chips(), 2);
      await choose(a, 2);
      await choose(a, 3);
      await a.page.waitForSelector('.chosen [data-reason=CATEGORY_LIMIT_REACHED]');
      await choose(a, 3);
      await a.page.waitForSelector('.chosen .notice', { state: 'detached' });
      await a.press('hold');
      await a.page.waitForSelector('.held');
      await b.openHall(performanceId);
      await b.live();
      await choose(b, 4);
      await b.page.waitForSelector('.chosen [data-reason=SEAT_LEFT_ALONE]');
      await b.isAccessible('a seat that would be left alone, on a phone');
      await fits(b, 'a seat that would be left alone');
      await b.picture('rules-alone-phone');
    });
  },
};
