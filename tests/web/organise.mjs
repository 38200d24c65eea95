// Running events in the browser: from nothing to a refund, and what a role may not do.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { password, staff } from './door.mjs';
import { holdBest, season, visit } from './steps.mjs';
import { desktop, phone } from './visitor.mjs';

const plan = join(dirname(fileURLToPath(import.meta.url)), '..', 'halls', 'theatre.pretix.json');
const kinds = plan.replace('theatre', 'kinds');
const wide = { viewport: { width: 1280, height: 900 }, locale: 'en-GB' };
const night = { ...phone, locale: 'en-GB', colorScheme: 'dark' };

async function signIn(visitor, path, email) {
  const { page } = visitor;
  await page.goto(visitor.url + path);
  await page.click('.trouble .primary');
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', password);
  await visitor.press('submit');
}

/** A week from now, as a field for a date takes it. */
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16);

const fits = async (visitor, where) => {
  const { page } = visitor;
  const { width } = page.viewportSize();
  const size = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(size <= width, `${where} is ${size} px wide on ${width}`);
};

const submit = (visitor, form) => visitor.page.click(`[data-form=${form}] [type=submit]`);

/** A hall, an event and a date, all made in the browser; gives the performance. */
async function makeEvent(a, name) {
  const { page } = a;
  await page.click('.organise-tabs a[href="/organiser/halls"]');
  await page.fill('[name=hall-name]', `Hall of ${name}`);
  await page.fill('[name=capacity]', '500');
  await submit(a, 'generate');
  await page.waitForSelector('.org-halls .map-face');
  await page.click('.organise-tabs a[href="/organiser"]');
  await a.press('new-event');
  await page.fill('[name=name]', name);
  await page.fill('textarea[name=description]', 'Two hours.\nNo interval.');
  await a.isAccessible('a new event');
  await submit(a, 'new-event');
  await page.waitForSelector('[data-event][data-state=DRAFT]');
  await page.waitForSelector('[name=price-0]');
  await page.fill('[name=starts-at]', inDays(30));
  await page.fill('[name=time-zone]', 'Asia/Seoul');
  assert.equal(await page.isChecked('[name=unpaid-orders]'), false, 'there is a provider: nothing is sold unpaid');
  await submit(a, 'add-date');
  await page.waitForSelector('[name^=price-][aria-invalid=true]');
  await a.isAccessible('a date without a price');
  for (const line of await page.locator('[name^=price-]').all()) await line.fill('50,000');
  await submit(a, 'add-date');
  await page.waitForSelector('.org-list [data-performance]');
  return Number(await page.getAttribute('.org-list [data-performance]', 'data-performance'));
}

/** Somebody buys two places by card; the order's number. */
async function buy(b, performance) {
  const { page } = b;
  await b.openHall(performance);
  await b.live();
  await holdBest(b, 2);
  await b.press('order');
  await page.waitForSelector('.pay-form');
  await page.fill('[name=name]', 'Kim Minji');
  await page.fill('[name=email]', 'minji.kim@example.com');
  await page.waitForSelector('[name=way]:checked:not([value=""])');
  await page.check('[name=terms]');
  await b.press('pay');
  await page.click('button[name=choice][value=pay]');
  await page.waitForURL(/\/orders\/[^/]+\?placed$/);
  await page.waitForSelector('.ticket');
  return (await page.textContent('.order-number dd')).trim();
}

export const organise = {
  'an organiser from nothing: hall, event, sale, a fan buys, the order is found and refunded': async (world) => {
    await staff(world, 'manager@example.com', 'manager');
    await visit(
      world,
      [wide, desktop],
      async (a, b) => {
        const { page } = a;
        await signIn(a, '/organiser', 'manager@example.com');
        await page.waitForSelector('.organise[data-part=home] .org-event');
        await a.isAccessible('the overview');
        await a.picture('organise-overview');
        const performance = await makeEvent(a, 'First Night');
        await a.isAccessible('an event');
        await a.picture('organise-event');
        // Nobody else sees a draft.
        await b.page.goto(`${b.url}/p/${performance}`);
        await b.page.waitForSelector('.trouble[data-reason=NOT_FOUND]');
        await page.click(`.org-list [data-performance="${performance}"] a`);
        await a.press('open-sale');
        await page.waitForSelector('.org-head [data-sale=OPEN]');
        await page.waitForSelector('.map-face[data-link=live]');
        await a.isAccessible('a sale');
        // House seats: a row is kept back, which no fan can have, and comes back after its rest.
        await page.selectOption('[name=block-row]', '1');
        await a.press('choose-row');
        await page.fill('[name=block-reason]', 'Sound desk');
        await a.press('block');
        await page.waitForSelector('[data-block] :text("Sound desk")');
        const kept = Number(await page.getAttribute('[data-block]', 'data-places'));
        assert.ok(kept > 1, `${kept} places are kept back`);
        await page.waitForSelector(`[data-figure=blocked] dd:text-is("${kept}")`);
        await page.waitForSelector(`.map-face[data-sold="${kept}"]`);
        await a.isAccessible('house seats');
        await page.locator('.org-blocks').scrollIntoViewIfNeeded();
        await a.picture('organise-blocks');
        await a.press('unblock');
        await page.waitForSelector('[data-block]', { state: 'detached' });
        await page.waitForSelector('[data-figure=blocked] dd:text-is("0")');
        await page.waitForSelector('.map-face[data-sold="0"]');
        const number = await buy(b, performance);
        await page.waitForSelector('[data-figure=sold] dd:text-is("2")');
        await page.waitForSelector('[data-figure=revenue] dd:has-text("100,000")');
        await page.waitForSelector('.map-face[data-sold="2"]');
        await a.picture('organise-sale');

        // Who holds how much: an account is barred and let in again, and its hold is ended.
        await b.openHall(performance);
        await b.live();
        await holdBest(b, 2);
        await a.press('look-holders');
        await page.waitForSelector('[data-holder][data-held="2"]');
        await page.fill('[name=bar-reason]', 'Buys to resell');
        await a.isAccessible('who holds places');
        await a.press('bar-account');
        await page.waitForSelector('[data-bar] :text("Buys to resell")');
        await page.waitForSelector('[data-holder] :text("barred")');
        await page.locator('#holders-title').scrollIntoViewIfNeeded();
        await a.picture('organise-holders');
        await a.press('unbar');
        await page.waitForSelector('[data-bar]', { state: 'detached' });
        await a.press('end-hold');
        await page.waitForSelector('[data-holder]', { state: 'detached' });
        await page.waitForSelector('[data-figure=held] dd:text-is("0")');

        await page.click('.organise-tabs a[href="/organiser/orders"]');
        await page.fill('[name=find]', number.toLowerCase());
        await a.press('find');
        await page.waitForSelector('.org-order[data-state=CONFIRMED]');
        assert.match(await page.textContent('.org-order'), /Kim Minji.*minji\.kim@example\.com.*First Night/s);
        await a.isAccessible('an order');
        await a.picture('organise-order');
        // A ticket is kept from the doors, and let in again.
        await page.locator('[data-action=block-ticket]').first().click();
        await page.fill('[name=block-reason]', 'Reported stolen');
        await a.isAccessible('why a ticket is blocked');
        await a.press('block-now');
        await page.waitForSelector('.org-seats [data-blocked=true] :text("Reported stolen")');
        await a.press('unblock-ticket');
        await page.waitForFunction(() => !document.querySelector('.org-seats [data-blocked=true]'));
        // The team writes a note, and puts the name right.
        await a.press('note');
        await page.fill('[name=note]', 'Rings back on Monday');
        await a.isAccessible('a note on an order');
        await a.press('note-save');
        await page.waitForSelector('[data-note="1"] :text("Rings back on Monday")');
        await a.press('edit-contact');
        await page.fill('[name=contact-name]', 'Kim Minju');
        await a.isAccessible('whom tickets are for');
        await a.press('contact-save');
        await page.waitForSelector('.org-order strong:text-is("Kim Minju")');
        await page.waitForSelector('[data-note="1"]');
        // One of the tickets moves to a place that is chosen on the map.
        const before = await page.textContent('.org-seats');
        await a.press('move-tickets');
        await page.waitForSelector('[data-moving] .map-face[data-link=live]');
        await page.locator('[data-moving] [name^=move-]').first().check();
        await page.focus('[data-moving] .map-face');
        for (let i = 0; i < 8 && !(await page.locator('[data-moving] output:has-text("1 / 1")').count()); i++) {
          await page.keyboard.press('ArrowDown');
          await page.keyboard.press('Enter');
        }
        await a.isAccessible('tickets that move');
        await a.press('move-look');
        await page.waitForSelector('dialog.confirm[open]');
        await a.isAccessible('whether tickets move');
        await a.picture('organise-move');
        await page.click('dialog.confirm .danger');
        await page.waitForSelector('[data-moving]', { state: 'detached' });
        await page.waitForFunction((was) => document.querySelector('.org-seats')?.textContent !== was, before);
        await a.press('refund-order');
        await page.waitForSelector('.refund-sum');
        await page.locator('.refund-which input').first().uncheck();
        await page.waitForSelector('[data-action=refund]:enabled');
        await a.press('refund');
        await page.waitForSelector('.notice:has-text("goes back")');
        await page.waitForFunction(() => document.querySelectorAll('.org-seats li').length === 1);

        // What is left goes back with everybody's.
        await page.goto(`${a.url}/organiser/sales/${performance}`);
        await page.waitForSelector('[data-action=refund-look]:disabled');
        // Who has tickets is told something by mail.
        for (const [name, subject] of [
          ['korean', '입장 안내'],
          ['english', 'Doors at six'],
        ]) {
          await page.fill(`[name=message-${name}-subject]`, subject);
          await page.fill(`[name=message-${name}-text]`, 'Come early.');
        }
        await a.press('message-look');
        await page.waitForSelector('[data-reach="1"]');
        await a.isAccessible('a message to buyers');
        await a.press('message-send');
        await page.click('dialog .danger');
        await page.waitForSelector('[data-message=done]:has-text("Doors at six")');
        // One act stops the sale and tells who looks at the map, at once and in his language.
        await b.page.goto(`${b.url}/p/${performance}`);
        await b.live();
        assert.equal(await b.page.locator('[data-notice]').count(), 0);
        await page.fill('[name=announce-english-text]', 'Two minutes, please.');
        await page.fill('[name=announce-korean-text]', '잠시만 기다려 주세요.');
        await a.press('stop-sale');
        await a.isAccessible('a question before the sale is stopped');
        await page.click('dialog .danger');
        await b.page.waitForSelector('[data-notice]');
        assert.match(
          await b.page.textContent('[data-notice]'),
          /Two minutes, please\.|잠시만 기다려 주세요\./,
        );
        await b.isAccessible('the seats of a sale that is stopped');
        await page.waitForSelector('[data-standing=true] [data-notice]');
        await page.waitForSelector('.org-head [data-sale=PAUSED]');
        await a.press('notice-end');
        await page.waitForSelector('.org-head [data-sale=OPEN]');
        await b.page.waitForSelector('[data-notice]', { state: 'detached' });
        await a.press('pause-sale');
        await page.waitForSelector('.org-head [data-sale=PAUSED]');
        await a.press('refund-look');
        await page.waitForSelector('.org-totals[data-preview] li');
        assert.match(await page.textContent('.org-totals'), /1 orders, ₩50,000/);
        await a.press('refund-all');
        await a.isAccessible('a question before all is refunded');
        await page.click('dialog .danger');
        await page.waitForSelector('.org-progress[data-job=DONE]');
        await page.waitForSelector('[data-figure=sold] dd:text-is("0")');
        await a.picture('organise-refunded');
      },
      true, // what is not there yet, or refused, is written to the console
    );
  },

  'a plan is imported and looked at; an event is hidden, copied and deleted; a line is made and paused': async (world) => {
    await staff(world, 'plans@example.com', 'manager');
    await visit(
      world,
      [wide],
      async (a) => {
        const { page } = a;
        await signIn(a, '/organiser/halls', 'plans@example.com');
        await page.waitForSelector('.org-halls');
        const before = await page.locator('.org-halls > [data-hall]').count();
        await page.setInputFiles('[name=plan]', kinds);
        await a.press('check-plan');
        await page.waitForSelector('[data-preview] .map-face');
        for (const note of ['rows listed in another order', 'is a standing area of 40 places'])
          await page.waitForSelector(`[data-preview] [data-note]:has-text("${note}")`);
        await a.isAccessible('a plan that is looked at');
        await page.locator('[data-form=import]').scrollIntoViewIfNeeded();
        await a.picture('organise-preview');
        assert.equal(await page.locator('.org-halls > [data-hall]').count(), before, 'a look makes no hall');
        await page.setInputFiles('[name=plan]', plan);
        await page.waitForSelector('[data-preview]', { state: 'detached' });
        await page.fill('[name=import-name]', 'The Theatre');
        await submit(a, 'import');
        await page.waitForSelector('.org-halls .map-face');
        await page.waitForSelector('.org-grades li');
        assert.ok((await a.colours()) > 4, 'the map shows next to nothing');
        await a.isAccessible('halls');
        await a.picture('organise-hall');
        await page.setInputFiles('[name=plan]', { name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{}') });
        await submit(a, 'import');
        await page.waitForSelector('[data-form=import] .notice q');

        const performance = await makeEvent(a, 'To Be Copied');
        await page.fill('[data-form=texts] [name=name]', 'Renamed');
        await page.fill('[name=poster]', 'http://insecure.example/x.png');
        await submit(a, 'texts');
        await page.waitForSelector('[data-form=texts] .notice q:has-text("https")');
        await page.fill('[name=poster]', '');
        await submit(a, 'texts');
        await page.waitForSelector('h1:has-text("Renamed")');
        await a.press('publish');
        await page.waitForSelector('[data-event][data-state=PUBLISHED]');
        await a.press('hide');
        await page.waitForSelector('[data-event][data-state=HIDDEN]');
        await page.click(`[data-performance="${performance}"] [data-action=move]`);
        await page.fill('[data-form=move] [name=starts-at]', '2031-03-04T19:30');
        await submit(a, 'move');
        await page.waitForSelector('.org-list :text("2031")');
        const prices = `[data-performance="${performance}"] [data-action=prices]`;
        await page.click(prices);
        await page.fill('[data-form=prices] [name=new-price-0]', 'much');
        await submit(a, 'prices');
        await page.waitForSelector('[data-form=prices] [aria-invalid=true]');
        await a.isAccessible('new prices');
        await page.fill('[data-form=prices] [name=new-price-0]', '7,777,000');
        await submit(a, 'prices');
        await page.waitForSelector(`[data-performance="${performance}"]:has-text("7,777,000")`);
        await page.click(prices);
        await page.fill('[data-form=prices] [name=new-price-0]', '8,888,000');
        await page.fill('[data-form=prices] [name=prices-from]', '2030-12-24T20:00');
        await submit(a, 'prices');
        await page.waitForSelector('[data-form=prices]', { state: 'detached' });
        await page.click(prices);
        await page.waitForSelector('[data-form=prices] [data-plan]:has-text("8,888,000")');
        await page.locator('[data-form=prices]').scrollIntoViewIfNeeded();
        await a.isAccessible('prices that wait');
        await a.picture('organise-prices');
        await page.click('[data-form=prices] [data-action=take-back]');
        await page.waitForSelector('[data-form=prices] [data-plan]', { state: 'detached' });
        await page.click(prices);
        await a.press('copy');
        await page.waitForSelector('h1:has-text("Renamed (copy)")');
        await page.waitForSelector('.org-list [data-performance]');
        await a.press('delete');
        await page.click('dialog .danger');
        await page.waitForSelector('.organise[data-part=home] .org-event');
        await page.waitForFunction(() => !document.body.textContent.includes('(copy)'));

        await page.click('.organise-tabs a[href="/organiser/sales"]');
        await page.fill('[name=line-name]', 'Rush');
        await page.check(`[name=date-${performance}]`);
        await a.isAccessible('a new line');
        await a.press('create-line');
        const line = page.locator('[data-line]:has(h2:text-is("Rush"))');
        await line.locator('[data-action=pause-line]').click();
        await line.locator('[data-action=resume-line]').click();
        await line.locator('[data-action=pause-line]').waitFor();
        await line.locator('[name=capacity-max]').fill('77');
        await line.locator('[type=submit]').click();
        await line.locator('[data-figure=inside] dd').waitFor();
        await a.isAccessible('lines');
        await a.picture('organise-lines');

        // A line that is over soon: then the page tells how it went, and gives it as a file.
        const { ids } = await season(world, 'Short', [20]);
        const { saleId } = await world.operate('WaitroomService/CreateSale', {
          name: 'Short',
          performanceIds: ids,
          guests: true,
          closesAtMs: String(Date.now() + 2_000),
        });
        await world.join(saleId);
        const after = page.locator(`[data-after="${saleId}"]`);
        await page.waitForSelector(`[data-line="${saleId}"][data-state=OVER]`, { timeout: 20_000 }).catch(() => page.reload());
        await after.locator('[data-figure=after-joined] dd:text-is("1")').waitFor();
        await after.locator('.chart svg').waitFor();
        await after.scrollIntoViewIfNeeded();
        await a.isAccessible('how a sale went');
        await a.picture('organise-after');
        const saving = page.waitForEvent('download');
        await after.locator('[data-action=after-csv]').click();
        assert.equal((await saving).suggestedFilename(), `sale-${saleId}.csv`);
      },
      true,
    );
  },

  "the widget: on a site that the organiser named its dates stand and lead to the hall; nowhere else, and no other page": async (world) => {
    await staff(world, 'sites@example.com', 'owner');
    let snippet = '';
    const foreign = createServer((ask, answer) => {
      answer.setHeader('content-type', 'text/html; charset=utf-8');
      const body = ask.url === '/frame' ? `<iframe src="${world.url}/e/1"></iframe>` : snippet;
      answer.end(`<!doctype html><html lang="en"><title>Band</title><h1>Band</h1>${body}`);
    });
    await new Promise((done) => foreign.listen(0, '127.0.0.1', done));
    const site = `http://localhost:${foreign.address().port}`;
    const stranger = `http://127.0.0.1:${foreign.address().port}`;
    try {
      await visit(
        world,
        [night],
        async (a) => {
          const { page } = a;
          await signIn(a, '/organiser/team', 'sites@example.com');
          await page.waitForSelector('[data-snippet]');
          await page.fill('[name=sites]', 'band.example');
          await submit(a, 'sites');
          await page.waitForSelector('#sites .notice, [aria-labelledby^=sites] .notice, .notice');
          await page.fill('[name=sites]', `${site}/\nhttps://band.example`);
          await submit(a, 'sites');
          await page.waitForFunction((known) => document.querySelector('[name=sites]').value === known, `${site}\nhttps://band.example`);
          snippet = await page.textContent('[data-snippet] code');
          await a.isAccessible('the sites');
          await page.goto(site);
          const frame = await (await page.waitForSelector('iframe')).contentFrame();
          const link = await frame.waitForSelector('a[href="/p/1"]');
          await page.waitForFunction(() => Number.parseInt(document.querySelector('iframe').style.height, 10) !== 240);
          const [opened] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
          await opened.waitForSelector('.map canvas, canvas');
          assert.equal(new URL(opened.url()).pathname, '/p/1');
          assert.equal(await opened.evaluate(() => window.opener), null);
          await opened.close();
          for (const [where, what] of [
            [stranger, 'the widget on a site that was not named'],
            [`${site}/frame`, 'another page'],
          ]) {
            await page.goto(where);
            const refused = await (await page.waitForSelector('iframe')).contentFrame();
            await refused.waitForLoadState();
            assert.equal(await refused.$('a, canvas, main'), null, what);
          }
          await page.goto(world.url);
        },
        true,
      );
    } finally {
      foreign.close();
    }
  },

  'the team: an owner gives roles and makes tokens; each role sees its part and no more': async (world) => {
    await staff(world, 'owner@example.com', 'owner');
    await staff(world, 'till@example.com', 'box-office');
    await staff(world, 'gate@example.com', 'door');
    await staff(world, 'nobody@example.com', null);
    await visit(
      world,
      [night],
      async (a) => {
        const { page } = a;
        await signIn(a, '/organiser/team', 'owner@example.com');
        await page.waitForSelector('[data-member="gate@example.com"][data-role=DOOR]');
        await page.fill('[name=member-email]', 'new@example.com');
        await page.selectOption('[name=member-role]', { label: 'Manager – runs events and sales' });
        await submit(a, 'member');
        await page.waitForSelector('[data-member="new@example.com"][data-role=MANAGER]');
        await page.click('[data-member="new@example.com"] [data-action=take-out]');
        await page.waitForSelector('[data-member="new@example.com"]', { state: 'detached' });
        await page.fill('[name=token-name]', 'Exporter');
        await submit(a, 'tokens');
        assert.ok((await page.textContent('.org-token code')).length > 20);
        await a.isAccessible('the team');
        await a.picture('organise-team-phone');
        await fits(a, 'the team');
        await page.fill('[name=device-name]', 'North 1');
        await page.fill('[name=device-gate]', 'North');
        await submit(a, 'devices');
        await page.waitForSelector('.org-token .qr[data-modules]:not([data-modules="0"])');
        const setup = await page.getAttribute('[data-setup]', 'data-setup');
        const about = { hardware_brand: 'Zebra', hardware_model: 'TC26', software_brand: 'pretixSCAN', software_version: '2.10' };
        const device = await (
          await fetch(`${a.url}/api/v1/device/initialize`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ ...about, token: setup }),
          })
        ).json();
        const info = () => fetch(`${a.url}/api/v1/device/info`, { headers: { authorization: `Device ${device.api_token}` } });
        assert.equal((await info()).status, 200);
        assert.equal(device.gate.name, 'North');
        await a.isAccessible('the devices');
        await page.click('[data-device] [data-action=end-device]');
        await page.waitForSelector('[data-device][data-revoked=true]');
        assert.equal((await info()).status, 401);
        await page.click('[data-token] [data-action=revoke]');
        await page.waitForSelector('[data-token]', { state: 'detached' });
        for (const path of ['', '/halls', '/sales', '/orders', '/sales/1', '/events/1', '/events/new']) {
          await page.goto(`${a.url}/organiser${path}`);
          await page.waitForSelector('.organise h1');
          await page.waitForSelector('.loading', { state: 'detached' });
          await fits(a, path);
          await a.isAccessible(`on a phone: ${path}`);
          await a.picture(`organise-phone${path.replaceAll('/', '-')}`);
        }
      },
      true,
    );
    const sees = async (email, path, selector) =>
      visit(
        world,
        [{ ...phone, locale: 'ko-KR' }],
        async (a) => {
          await signIn(a, path, email);
          await a.page.waitForSelector(selector);
          await a.isAccessible(`${email} at ${path}`);
          await fits(a, path);
        },
        true,
      );
    await sees('till@example.com', '/organiser/team', '.organise[data-part=orders] [name=find]');
    await sees('gate@example.com', '/organiser', '[data-outside]:has-text("입장 확인 담당")');
    await sees('nobody@example.com', '/organiser', '[data-outside]:has-text("소속된 팀이 없습니다")');
  },
};
