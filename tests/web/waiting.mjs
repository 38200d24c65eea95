// The waiting list, the whole way: sold out, two wish, a ticket comes back, the first lets it go, the second pays.

import assert from 'node:assert/strict';
import { staff } from './door.mjs';
import { create, holdBest, order, visit } from './steps.mjs';
import { fits, signIn } from './trade.mjs';
import { desktop, phone } from './visitor.mjs';

const narrow = { ...phone, locale: 'ko-KR' };
const night = { ...desktop, colorScheme: 'dark' };

/** A hall of which two places beside each other are for sale, and these are bought; gives the performance and how to give them back. */
async function soldOut(world, buyer, name) {
  const performanceId = await create(world, ['--capacity', '60'], '--name', name, '--rest', '0', '--open');
  const { hall } = await world.operate('TicketService/GetPerformance', { performanceId });
  const seats = Array.from({ length: hall.placeCount - 2 }, (_, at) => at + 2);
  await world.operate('TicketService/BlockSeats', { performanceId, seats, reason: 'press' });
  await buyer.openHall(performanceId);
  await buyer.live();
  await holdBest(buyer, 2);
  await order(buyer);
  return performanceId;
}

async function cancel(buyer) {
  await buyer.press('cancel');
  await buyer.page.click('dialog .danger');
  await buyer.page.waitForSelector('.order-head[data-state=CANCELLED]');
}

const joinForm = '[data-form=waiting]';

async function switchOn(house, performance) {
  const { page } = house;
  await signIn(house, `/organiser/sales/${performance}`, 'wishes@example.com');
  await page.waitForSelector('[data-waiting=false]');
  await page.fill('[name=waiting-minutes]', '61');
  await house.press('waiting-on');
  await page.waitForSelector('[name=waiting-minutes][aria-invalid=true]');
  await page.fill('[name=waiting-minutes]', '20');
  await house.press('waiting-on');
  await page.waitForSelector('[data-waiting=true]');
}

/** A guest on a phone, who says where to write to. */
async function firstJoins(b) {
  await b.page.reload();
  await b.live();
  await b.press('waiting');
  await b.page.waitForSelector(joinForm);
  await b.page.fill('[name=waiting-email]', 'nowhere');
  await b.press('join-waiting');
  await b.page.waitForSelector('[name=waiting-email][aria-invalid=true]');
  await b.page.fill('[name=waiting-email]', 'waiting.first@example.org');
  await b.page.locator(joinForm).scrollIntoViewIfNeeded();
  await b.isAccessible('the form of the waiting list');
  await fits(b, 'the form of the waiting list');
  await b.picture('waiting-form-phone');
  await b.press('join-waiting');
  await b.page.waitForSelector('[data-wish] [data-ahead="0"]');
}

/** By way of the event; who takes one place as well. */
async function secondJoins(world, c, performance) {
  const { events } = await world.operate('TicketService/ListEvents', {});
  const event = events.find(({ performances = [] }) => performances.some((one) => one.performanceId === performance));
  await c.page.goto(`${c.url}/e/${event.eventId}`);
  await c.press('to-waiting');
  await c.live();
  await c.press('waiting');
  const steps = c.page.locator('[data-steps="At least"] button');
  await steps.first().click();
  await c.page.locator(joinForm).scrollIntoViewIfNeeded();
  await c.picture('waiting-form-desktop');
  await c.press('join-waiting');
  await c.page.waitForSelector('[data-wish] [data-ahead="1"]');
  await c.picture('waiting-wish-desktop');
}

async function isOfferedToTheFirst(world, b, c) {
  await b.page.waitForSelector('[data-wish][data-offered=true] [data-expires]');
  await c.page.waitForSelector('[data-wish] [data-ahead="0"]'); // who has an offer is in nobody's way
  assert.equal(await c.page.locator('[data-wish][data-offered=true]').count(), 0);
  assert.equal((await c.counts()).free, 0);
  await b.page.locator('[data-wish]').scrollIntoViewIfNeeded();
  await fits(b, 'an offer');
  await b.picture('waiting-offer-phone');
  const { mails } = await world.usher('mail', 'list', '--to', 'waiting.first@example.org', '--json');
  assert.deepEqual(mails.map(({ template, language }) => [template, language ?? 'ko']), [['offer', 'ko']]);
  await b.page.goto(`${b.url}/orders`);
  await b.page.waitForSelector('[data-part=wishes] [data-offered=true]');
  await b.isAccessible('what one waits for, with one’s tickets');
  await b.picture('waiting-orders-phone');
  await b.page.click('[data-part=wishes] a');
  await b.live();
}

/** Straight to payment, and bought. */
async function secondPays(c) {
  await c.page.waitForSelector('[data-wish][data-offered=true]');
  await c.isAccessible('an offer, by night');
  await c.picture('waiting-offer-desktop');
  await c.press('pay-offer');
  await c.page.waitForSelector('.pay-form');
  await c.page.fill('[name=name]', 'Kim Minji');
  await c.page.fill('[name=email]', 'minji.kim@example.com');
  await c.page.check('[name=way][value=""]');
  await c.page.check('[name=terms]');
  await c.press('pay');
  await c.page.waitForURL(/\/orders\/[^/]+\?placed$/);
  await c.page.waitForSelector('.ticket');
  assert.equal(await c.page.locator('.ticket').count(), 2);
}

async function looksAndSwitchesOff(house) {
  const { page } = house;
  await page.waitForSelector('[data-waiting=true] [data-kind="2"]');
  await page.locator('.org-waiting').scrollIntoViewIfNeeded();
  await fits(house, 'the waiting list of an organiser');
  await house.picture('waiting-desk-phone');
  await page.setViewportSize(desktop.viewport);
  await page.locator('.org-waiting').scrollIntoViewIfNeeded();
  await house.picture('waiting-desk-desktop');
  await page.check('[name=no-orphans]');
  await page.fill('[name=most-0]', '2');
  await house.press('save-rules');
  await page.waitForFunction(() => document.querySelector('[data-announcement]').textContent.includes('규칙'));
  await page.locator('[data-form=rules]').scrollIntoViewIfNeeded();
  await house.isAccessible('the rules of a sale');
  await house.picture('rules-desk-desktop');
  await house.press('waiting-off');
  await page.waitForSelector('[data-waiting=false]');
}

async function wholeWay(world, house) {
  await visit(world, [desktop, narrow, night], async (a, b, c) => {
    const performance = await soldOut(world, a, 'Sold Out');
    // Nobody has switched it on: there is nothing to join.
    await b.openHall(performance);
    await b.live();
    assert.equal(await b.page.locator('[data-part=waiting]').count(), 0);
    await switchOn(house, performance);
    await firstJoins(b);
    await secondJoins(world, c, performance);
    await cancel(a);
    await isOfferedToTheFirst(world, b, c);
    await b.press('let-go');
    await secondPays(c);
    // Who let it go waits behind; and may leave.
    await b.page.waitForSelector('[data-wish][data-offered=false]');
    assert.match(await b.page.textContent('[data-wish]'), /맨 뒤로/);
    await looksAndSwitchesOff(house);
    await b.press('leave-waiting');
    await b.page.waitForSelector('[data-wish]', { state: 'detached' });
  });
}

export const waiting = {
  'a waiting list: what comes back is offered to the first, who lets it go, and bought by the second': async (world) => {
    await staff(world, 'wishes@example.com', 'manager');
    await visit(world, [narrow], (house) => wholeWay(world, house), true); // who signs in is refused first
  },

  'a wish for what is free is told so': async (world) => {
    const performanceId = await create(world, ['--capacity', '60'], '--name', 'Free Again', '--rest', '0', '--open');
    const { hall } = await world.operate('TicketService/GetPerformance', { performanceId });
    const seats = Array.from({ length: hall.placeCount }, (_, at) => at);
    const { block } = await world.operate('TicketService/BlockSeats', { performanceId, seats, reason: 'press' });
    await world.operate('TicketService/SetWaitingList', { performanceId, offerMs: 600_000 });
    await visit(world, [desktop], async (a) => {
      await a.openHall(performanceId);
      await a.live();
      await a.press('waiting');
      await a.page.waitForSelector(joinForm);
      await world.operate('TicketService/UnblockSeats', { performanceId, blockId: block.blockId });
      await a.page.waitForSelector(`.map-face[data-free="${hall.placeCount}"]`);
      await a.press('join-waiting');
      await a.page.waitForSelector('.waiting [data-reason=PLACES_FREE]');
      await a.isAccessible('a wish that is refused');
      await a.picture('waiting-free-desktop');
    }, true); // what is refused is written to the console
  },
};
