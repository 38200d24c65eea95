// The whole way of a fan with everything real: the server, its services, and the stand-in provider with test money.

import assert from 'node:assert/strict';
import { create, holdBest, order, visit } from './steps.mjs';
import { desktop, phone } from './visitor.mjs';

/** From held seats to the provider's page. */
async function toProvider(a) {
  await a.press('order');
  await a.page.waitForSelector('.pay-form');
  await a.page.fill('[name=name]', '김민지');
  await a.page.fill('[name=email]', 'minji.kim@example.com');
  await a.page.fill('[name=phone]', '010-1234-5678');
  await a.page.waitForSelector('[name=way]:checked:not([value=""])');
  await a.page.check('[name=terms]');
  await a.press('pay');
  await a.page.waitForSelector('button[name=choice]');
}

export const whole = {
  'seats are held, paid at the provider, and are tickets; giving back says what returns': (world) =>
    visit(world, [phone, desktop], async (a, b) => {
      await b.openHall();
      await b.live();
      const before = await b.counts();
      await a.openHall();
      await a.live();
      const { seats } = await holdBest(a, 2);
      await toProvider(a);
      await a.page.click('button[name=choice][value=pay]');
      await a.page.waitForURL(/\/orders\/[^/]+\?placed$/);
      await a.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
      assert.equal(await a.page.locator('.ticket').count(), seats.length);
      assert.match(await a.page.textContent('.order-head'), /온라인 결제/);
      await a.isAccessible('paid tickets');
      await a.picture('whole-tickets-phone');
      await b.page.waitForSelector(`.map-face[data-sold="${before.sold + 2}"]`);
      await a.page.click('.sheet-actions a:has-text("결제·환불 내역")');
      await a.page.waitForSelector('.story li');
      await a.page.waitForSelector('[data-receipt=RECEIPT]');
      const receipt = a.page.waitForEvent('download');
      await a.press('receipt');
      assert.match((await receipt).suggestedFilename(), /\.pdf$/);
      await a.isAccessible('the money');
      await a.picture('whole-money-phone');
      await a.page.goBack();
      await a.press('cancel');
      await a.page.waitForSelector('.refund-sum');
      await a.picture('whole-refund-phone');
      await a.press('refund');
      await a.page.waitForSelector('.order-head[data-state=CANCELLED]');
      await b.page.waitForSelector(`.map-face[data-sold="${before.sold}"]`);
    }, true), // the provider has no icon

  'what is paid later at the box office stands above the orders, until when and with its number': async (world) => {
    const performance = await create(world, ['--capacity', '200'], '--name', 'Later', '--open');
    await world.operate('TicketService/UpdatePerformance', { performanceId: performance, payLaterMs: '3600000' });
    await visit(world, [phone], async (a) => {
      await a.openHall(performance);
      await a.live();
      await holdBest(a, 1);
      await a.press('order');
      await a.page.waitForSelector('.pay-form');
      await a.page.fill('[name=name]', '김민지');
      await a.page.fill('[name=email]', 'minji.kim@example.com');
      await a.page.check('[name=way][value=box-office]');
      await a.page.check('[name=terms]');
      await a.press('pay');
      await a.page.waitForSelector('[data-payment=DEPOSIT]');
      const number = await a.page.locator('.deposit dd', { hasText: /^T/ }).textContent();
      await a.page.goto(`${a.url}/orders`);
      await a.page.waitForSelector('.owed');
      assert.match(await a.page.textContent('.owed'), new RegExp(number));
      await a.isAccessible('what is to be paid');
      await a.picture('whole-owed-phone');
    });
  },

  'declined, the seats are still held, and the next try is good': (world) =>
    visit(world, [desktop], async (a) => {
      await a.openHall();
      await a.live();
      await holdBest(a, 1);
      await toProvider(a);
      await a.page.click('button[name=choice][value=decline]');
      await a.page.waitForSelector('[data-payment=WAITING], [data-payment=DECLINED]');
      await a.isAccessible('declined');
      await a.picture('whole-declined');
      await a.press('again');
      await a.page.waitForSelector('button[name=choice]');
      await a.page.click('button[name=choice][value=cancel]');
      await a.page.waitForSelector('[data-payment=WAITING], [data-payment=ABANDONED]');
      await a.press('other');
      await a.page.waitForSelector('.pay-form');
      await a.page.goto(`${a.url}/p/1`);
      await a.page.waitForSelector('.held');
      await toProvider(a);
      await a.page.click('button[name=choice][value=pay]');
      await a.page.waitForSelector('.ticket');
    }, true),

  'through the line: one comes in at a time, who waits is called when the other has paid': async (world) => {
    const performance = await create(world, ['--capacity', '500'], '--name', 'Behind a line', '--open');
    const { saleId } = await world.usher(
      'sale', 'create', '--name', 'Behind a line', '--performances', performance, '--guests',
      '--capacity-min', 1, '--capacity-max', 1, '--json',
    );
    await visit(
      world,
      [{ ...phone, locale: 'en-GB' }, desktop],
      async (a, b) => {
        // The hall can be seen; buying is for those who have come through the line.
        await a.openHall(performance);
        await a.live();
        await a.page.waitForSelector('[data-action=best]:disabled');
        await a.isAccessible('a hall behind a line');
        await a.press('line');
        await a.page.waitForURL(new RegExp(`/line/${saleId}`));
        await a.press('join');
        await a.page.waitForSelector('[data-action=enter]');
        await b.page.goto(`${b.url}/line/${saleId}`);
        await b.press('join');
        await b.page.waitForSelector('.line[data-standing=WAITING] .line-ahead');
        await b.isAccessible('waiting');
        await b.picture('whole-waiting');
        await a.press('enter');
        await a.press('seats');
        await a.live();
        await a.page.waitForSelector('.pass-time');
        await holdBest(a, 2);
        await a.picture('whole-inside-phone');
        // A reload, and another tab, change nothing for the one who waits.
        await b.page.reload();
        await b.page.waitForSelector('.line[data-standing=WAITING]');
        await order(a);
        await b.page.waitForSelector('[data-action=enter]');
        await b.picture('whole-turn');
        await b.press('enter');
        await b.press('seats');
        await b.live();
        await holdBest(b, 1);
      },
      true, // a place that one does not have yet is written to the console
    );
  },

  'a draw is entered, held at the opening, and checked by the one it was for': async (world) => {
    const performance = await create(world, ['--capacity', '500'], '--name', 'Drawn');
    const { saleId } = await world.usher(
      'sale', 'create', '--name', 'Drawn', '--performances', performance, '--guests',
      '--draw-opens-at', '+0s', '--opens-at', '+12s', '--time-zone', 'Asia/Seoul', '--json',
    );
    await visit(
      world,
      [{ ...phone, locale: 'en-GB' }, desktop],
      async (a, b) => {
        for (const each of [a, b]) {
          await each.page.goto(`${each.url}/line/${saleId}`);
          await each.press('join');
          await each.page.waitForSelector('.line[data-standing=IN_DRAW]');
        }
        for (const each of [a, b]) {
          await each.page.waitForSelector('[data-action=enter]', { timeout: 40_000 });
          await each.page.goto(`${each.url}/line/${saleId}/draw`);
          await each.page.waitForSelector('[data-draw=good]');
        }
        await a.picture('whole-draw-phone');
      },
      true,
    );
  },
};
