// The whole way of a fan with everything real: the server, its services, and the stand-in provider with test money.

import assert from 'node:assert/strict';
import { holdBest, visit } from './steps.mjs';
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
};
