// The box office's till in the browser: opened, sold on the map and by the best, given, printed, given back, closed.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { staff } from './door.mjs';
import { season, visit } from './steps.mjs';
import { fits, signIn } from './trade.mjs';
import { phone } from './visitor.mjs';

const wide = { viewport: { width: 1280, height: 900 }, locale: 'en-GB' };
const narrow = { ...phone, locale: 'ko-KR', colorScheme: 'dark' };

const opens = async (page, amount) => {
  await page.fill('[name=opening]', amount);
  await page.click('[data-form=open-till] [type=submit]');
  await page.waitForSelector('[data-till]');
};

/** A guest who holds two places and is to pay for them at the counter: the number that he was told. */
async function reserved(world, performanceId, email) {
  const call = async (method, body, token) => {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch(`${world.url}/usher.v1.${method}`, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, await answer.clone().text());
    return answer.json();
  };
  const { token } = await call('AuthService/CreateGuest', {});
  const best = { performanceId, party: 2, idempotencyKey: email };
  const { holdId } = await call('TicketService/HoldBest', best, token);
  const wish = { performanceId, holdId, provider: 'box-office', idempotencyKey: email, terms: true, contact: { name: 'Kim', email } };
  return (await call('PaymentService/BeginPayment', wish, token)).orderNumber;
}

export const till = {
  'the box office sells to who stands there: change, a card, tickets to print, the drawer': async (world) => {
    const { ids: [night] } = await season(world, 'Till Night', [4.1]);
    await staff(world, 'counter@example.com', 'box-office');
    await visit(world, [wide], async (a) => {
      const { page } = a;
      await signIn(a, '/organiser/till', 'counter@example.com');
      await page.waitForSelector('[data-form=open-till]');
      await a.isAccessible('a till that is closed');
      await opens(page, '50,000');
      await page.selectOption('[name=till-date]', String(night));
      await page.waitForSelector('.map-face[data-link=live]');
      await a.picture('till-choose');
      await a.isAccessible('a till that is open');
      await page.click('[data-action=till-best]');
      await page.waitForSelector('[data-form=till-sale]');
      assert.equal(await page.locator('[data-form=till-sale] [data-seat]').count(), 2);
      assert.equal(await page.locator('[name=till-means] option').count(), 2, 'comps are a manager’s to give');
      const total = Number((await page.textContent('[data-total]')).replace(/\D/g, ''));
      await page.fill('[name=tendered]', String(total - 1));
      await page.waitForSelector('[name=tendered][aria-invalid=true]');
      assert.ok(await page.isDisabled('[data-action=till-sell]'));
      await page.fill('[name=tendered]', String(total + 3000));
      await page.waitForSelector('[data-form=till-sale] small:has-text("3,000")');
      await a.isAccessible('paying at the till');
      await a.picture('till-pay');
      await page.click('[data-action=till-sell]');
      await page.waitForSelector('[data-sold] .notice:has-text("3,000")');
      const number = await page.getAttribute('[data-sold]', 'data-sold');
      const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-action=till-print]')]);
      assert.ok((await readFile(await file.path())).subarray(0, 5).toString() === '%PDF-', 'tickets to print');
      assert.ok(file.suggestedFilename().includes(number), file.suggestedFilename());
      await a.picture('till-sold');
      await page.click('[data-action=till-next]');
      await page.waitForSelector('[data-entry="1"]');
      // The next one chooses on the map, and pays by card.
      await page.waitForSelector('.map-face[data-link=live]');
      await page.focus('.map-face');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await page.click('[data-action=till-hold]:not([disabled])');
      await page.selectOption('[name=till-means]', { label: 'Card terminal' });
      await page.fill('[name=till-note]', 'A-0042');
      await page.click('[data-action=till-sell]');
      await page.click('[data-action=till-next]');
      await page.waitForSelector('[data-entry="2"]:has-text("A-0042")');
      // Given back, out of the drawer: by explicit wish alone, for one of them came in.
      const [{ order }] = (await world.operate('DoorService/FindOrders', { text: number })).orders;
      const scan = { code: order.tickets[0].ticketCode, performanceId: night, nonce: 'used' };
      assert.equal((await world.operate('DoorService/CheckIn', scan)).result, 'CHECK_IN_RESULT_OK');
      await page.goto(`${a.url}/organiser/orders`);
      await page.fill('[name=find]', number);
      await page.click('[data-action=find]');
      await page.click('[data-action=refund-order]');
      await page.waitForSelector('dialog [data-reason=TICKET_USED]');
      assert.ok(await page.isDisabled('dialog [data-action=refund]'));
      await a.isAccessible('giving back what was used');
      await page.check('dialog [name=even-used]');
      await page.click('dialog [data-action=refund]');
      await page.waitForSelector('.org-order[data-state=CANCELLED]');
      await page.goto(`${a.url}/organiser/till`);
      await page.waitForSelector('[data-entry="3"]');
      await page.fill('[name=counted]', '49,000');
      await page.click('[data-form=close-till] [type=submit]');
      await page.waitForSelector('.notice:has-text("1,000")');
      await page.waitForSelector('[data-form=open-till]');
    });
  },

  'what is to be paid later is found by number and address: paid at the counter, or ended': async (world) => {
    const { ids: [night] } = await season(world, 'Later Night', [4.3]);
    await staff(world, 'later@example.com', 'box-office');
    await world.operate('TicketService/UpdatePerformance', { performanceId: night, payLaterMs: '3600000' });
    const paid = await reserved(world, night, 'pays@example.com');
    await reserved(world, night, 'stays.away@example.com');
    await visit(world, [wide], async (a) => {
      const { page } = a;
      const find = async (text) => {
        await page.fill('[name=find]', text);
        await page.click('[data-action=find]');
      };
      await signIn(a, '/organiser/orders', 'later@example.com');
      await find('stays.away@example.com');
      await page.waitForSelector('[data-reservation][data-state=DEPOSIT] [data-told]:has-text("box office")');
      await a.isAccessible('what is to be paid later');
      await a.picture('organise-reservation');
      await page.click('[data-action=end-reservation]');
      await page.click('dialog .danger');
      await page.waitForSelector('[data-reservation][data-state=ABANDONED] [data-told]:has-text("never paid")');
      assert.equal(await page.locator('[data-action=end-reservation]').count(), 0);
      await find(paid);
      await page.click('[data-action=collect-found]');
      await page.waitForSelector('.org-order[data-order][data-state=CONFIRMED]');
      assert.equal(await page.locator('[data-reservation]').count(), 0);
      const { counts } = await world.operate('TicketService/GetPerformance', { performanceId: night });
      assert.deepEqual([counts.held ?? 0, counts.sold], [0, 2]);
    });
  },

  'a manager gives comps, on a phone, and lets the box office': async (world) => {
    const { ids: [night] } = await season(world, 'Comp Night', [4.2]);
    await staff(world, 'house@example.com', 'manager');
    await visit(world, [narrow], async (a) => {
      const { page } = a;
      await signIn(a, '/organiser/till', 'house@example.com');
      await page.waitForSelector('[data-form=open-till]');
      await opens(page, '0');
      await page.selectOption('[name=till-date]', String(night));
      await page.waitForSelector('.map-face[data-link=live]');
      await fits(a, 'the till');
      await a.picture('till-phone');
      await page.click('[data-action=till-best]');
      await page.selectOption('[name=till-means]', { label: '초대권' });
      assert.ok(await page.isDisabled('[data-action=till-sell]'), 'a comp has a reason');
      await page.fill('[name=till-note]', '언론');
      await fits(a, 'paying');
      await a.isAccessible('a comp');
      await a.picture('till-comp-phone');
      await page.click('[data-action=till-sell]');
      await page.waitForSelector('[data-sold]');
      const number = await page.getAttribute('[data-sold]', 'data-sold');
      await page.click('[data-action=till-next]');
      await page.waitForSelector('[data-entry="1"]:has-text("언론")');
      await page.check('[name=box-office-comps]');
      await page.reload();
      await page.waitForSelector('[name=box-office-comps]:checked');
      await page.uncheck('[name=box-office-comps]');
      await page.goto(`${a.url}/organiser/orders`);
      await page.fill('[name=find]', number);
      await page.click('[data-action=find]');
      await page.waitForSelector('.org-order:has-text("초대권")');
      await page.click('[data-action=cancel-order]');
      await page.click('dialog .danger');
      await page.waitForSelector('.org-order[data-state=CANCELLED]');
    });
  },
};
