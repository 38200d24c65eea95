// What an organiser has beside the sale: webhooks.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { password, staff } from './door.mjs';
import { holdBest, order, season, visit } from './steps.mjs';
import { phone } from './visitor.mjs';

const wide = { viewport: { width: 1280, height: 900 }, locale: 'en-GB' };
const narrow = { ...phone, locale: 'ko-KR', colorScheme: 'dark' };

export async function signIn(visitor, path, email) {
  const { page } = visitor;
  await page.goto(visitor.url + path);
  await page.click('.trouble .primary');
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', password);
  await visitor.press('submit');
}

export const fits = async (visitor, where) => {
  const { page } = visitor;
  const { width } = page.viewportSize();
  const size = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(size <= width, `${where} is ${size} px wide on ${width}`);
};

/** A receiver that answers with `status`; what it was told. */
async function receiver() {
  const told = [];
  const one = { status: 200, told };
  one.server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      if (one.status === 200) told.push(JSON.parse(body));
      response.writeHead(one.status).end();
    });
  });
  await new Promise((done) => one.server.listen(0, '127.0.0.1', done));
  one.url = `http://127.0.0.1:${one.server.address().port}/hook`;
  return one;
}

export const trade = {
  'a poster: uploaded, shown to fans, too large or no picture told': async (world) => {
    await staff(world, 'poster@example.com', 'manager');
    const { eventId } = await world.operate('TicketService/CreateEvent', { name: 'Lantern Night' });
    await visit(world, [wide], async (a) => {
      const { page } = a;
      await signIn(a, `/organiser/events/${eventId}`, 'poster@example.com');
      await page.waitForSelector('[data-upload]');
      const drawn = await page.evaluate(() => {
        const canvas = document.createElement('canvas');
        canvas.width = 900;
        canvas.height = 1200;
        const pen = canvas.getContext('2d');
        const sky = pen.createLinearGradient(0, 0, 0, 1200);
        sky.addColorStop(0, '#1b1464');
        sky.addColorStop(1, '#f79f1f');
        pen.fillStyle = sky;
        pen.fillRect(0, 0, 900, 1200);
        return canvas.toDataURL('image/webp').split(',')[1];
      });
      await page.setInputFiles('[name=poster-file]', { name: 'no.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
      await page.waitForSelector('[data-upload] .notice-bad');
      await page.setInputFiles('[name=poster-file]', { name: 'large.png', mimeType: 'image/png', buffer: Buffer.alloc((5 << 20) + 1) });
      await page.waitForSelector('[name=poster-file][aria-invalid=true]');
      await page.setInputFiles('[name=poster-file]', { name: 'p.webp', mimeType: 'image/webp', buffer: Buffer.from(drawn, 'base64') });
      await page.waitForSelector('.org-preview img.poster');
      await page.waitForFunction(() => document.querySelector('.org-preview img.poster').naturalWidth > 0);
      await a.isAccessible('an event with a poster');
      await a.picture('poster-wide');
    }, true);
    await visit(world, [narrow], async (a) => {
      await signIn(a, `/organiser/events/${eventId}`, 'poster@example.com');
      await a.page.waitForSelector('.org-preview img.poster');
      await fits(a, 'an event with a poster');
      await a.picture('poster-phone');
    });
    await world.operate('TicketService/DeleteEvent', { eventId });
  },

  'exports: a file for a spreadsheet, of a date and of an event': async (world) => {
    await staff(world, 'books@example.com', 'owner');
    const { events } = await world.operate('TicketService/ListEvents', {});
    const { eventId, performances } = events[0];
    await visit(world, [wide], async (a) => {
      const { page } = a;
      await signIn(a, `/organiser/sales/${performances[0].performanceId}`, 'books@example.com');
      await page.waitForSelector('[data-exports]');
      for (const [kind, ending] of [['1', 'csv'], ['2', 'xlsx']]) {
        await page.selectOption('[name=export-kind]', kind);
        const [file] = await Promise.all([page.waitForEvent('download'), page.click(`[data-action=export-${ending}]`)]);
        assert.match(file.suggestedFilename(), new RegExp(`^(orders|tickets)-performance-\\d+\\.${ending}$`));
        const bytes = await readFile(await file.path());
        if (ending === 'csv') assert.equal(bytes.subarray(0, 3).toString('hex'), 'efbbbf');
        else assert.equal(bytes.subarray(0, 2).toString(), 'PK');
      }
      await a.isAccessible('exports');
      await page.locator('[data-exports]').scrollIntoViewIfNeeded();
      await a.picture('exports-wide');
    });
    await visit(world, [narrow], async (a) => {
      await signIn(a, `/organiser/events/${eventId}`, 'books@example.com');
      await a.page.waitForSelector('[data-exports]');
      await a.page.locator('[data-exports]').scrollIntoViewIfNeeded();
      await fits(a, 'an event with exports');
      await a.picture('exports-phone');
    });
  },

  'a refund rule of one’s own: what is wrong with it is said, what is right is kept': async (world) => {
    await staff(world, 'rules@example.com', 'manager');
    await visit(world, [wide], async (a) => {
      const { page } = a;
      await signIn(a, '/organiser/money', 'rules@example.com');
      await page.waitForSelector('[name=refundRule]');
      await page.selectOption('[name=refundRule]', 'own');
      const rule = page.locator('[name=ownRule]');
      assert.match(await rule.inputValue(), /^10d 0%, /, 'it begins as the standard');
      await fits(a, 'one’s own rule');
      await rule.fill('7d 10%, 3d 5%, 0d 90%');
      await page.click('[data-action=save-terms]');
      await page.getByText('a later step never keeps less').waitFor();
      await rule.fill('7d 10% max 4000, 0d 50%, cut-off 18:00');
      await page.click('[data-action=save-terms]');
      await page.getByText('a later step never keeps less').waitFor({ state: 'detached' });
      await page.reload();
      await page.waitForSelector('[name=ownRule]');
      assert.equal(await rule.inputValue(), '7d 10% max 4000, 0d 50%, cut-off 18:00');
      await page.selectOption('[name=refundRule]', '');
      await page.click('[data-action=save-terms]');
      await page.locator('[name=ownRule]').waitFor({ state: 'detached' });
    }, true); // what is refused stands in the console, too
  },

  'webhooks: made, tried, rotated, sent again and deleted, by mouse and by keys': async (world) => {
    await staff(world, 'hooks@example.com', 'manager');
    const other = await receiver();
    try {
      await visit(world, [wide], async (a) => {
        const { page } = a;
        await signIn(a, '/organiser/webhooks', 'hooks@example.com');
        await page.fill('[name=webhook-address]', 'ftp://nowhere');
        await page.click('[data-form=webhook] [type=submit]');
        await page.waitForSelector('.notice-bad');
        await a.isAccessible('a webhook that is refused');
        await page.fill('[name=webhook-address]', other.url);
        await page.check('[name=webhook-some]');
        for (const type of ['order.made', 'sale.paused', 'sale.opened'])
          await page.check(`[name="type-${type}"]`);
        await page.focus('[data-form=webhook] [type=submit]');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.org-hook .org-token');
        assert.match(await page.textContent('.org-token code'), /^whsec_/);
        await page.click('[data-action=test]');
        await page.waitForSelector('.org-hook .notice');
        assert.match(await page.textContent('.org-hook .notice'), /HTTP 200/);
        assert.equal(other.told[0].type, 'webhook.test');
        await a.isAccessible('webhooks');
        await fits(a, 'webhooks');
        const own = await world.operate('TicketService/ListEvents', {});
        const { performanceId } = own.events[0].performances[0];
        await world.operate('TicketService/PauseSale', { performanceId });
        await world.operate('TicketService/OpenSale', { performanceId });
        await page.waitForSelector('[data-sequence] >> nth=1');
        await a.picture('webhooks-wide');
        const last = await page.getAttribute('[data-sequence]', 'data-sequence');
        for (let began = Date.now(); other.told.length < 3 && Date.now() - began < 10_000; )
          await new Promise((done) => setTimeout(done, 50));
        const before = other.told.length;
        await page.fill('[name^=from-]', last);
        await page.keyboard.press('Enter');
        for (let began = Date.now(); other.told.length === before && Date.now() - began < 10_000; )
          await new Promise((done) => setTimeout(done, 50));
        assert.equal(String(other.told.at(-1).sequence), last);
        other.status = 500;
        await page.click('[data-action=test]');
        await page.waitForSelector('.org-hook .notice-bad');
        await page.click('[data-action=rotate]');
        await page.waitForSelector('.org-hook .org-token');
      }, true);
      await visit(world, [narrow], async (a) => {
        const { page } = a;
        await signIn(a, '/organiser/webhooks', 'hooks@example.com');
        await page.waitForSelector('.org-hook');
        await fits(a, 'webhooks on a phone');
        await a.isAccessible('webhooks on a phone');
        await a.picture('webhooks-phone');
        await page.click('[data-action=remove]');
        await page.waitForSelector('dialog.confirm[open]');
        await page.keyboard.press('Escape');
        await page.waitForSelector('dialog.confirm', { state: 'detached' });
        await page.click('[data-action=remove]');
        await page.click('dialog.confirm .danger');
        await page.waitForSelector('.org-hook', { state: 'detached' });
      });
    } finally {
      other.server.close();
    }
  },
  'who pays what: said by the organiser, chosen by the buyer, shown on the ticket': async (world) => {
    await staff(world, 'types@example.com', 'manager');
    const { eventId, ids } = await season(world, 'Paper Moon', [20]);
    await visit(world, [wide], async (a) => {
      const { page } = a;
      await signIn(a, `/organiser/events/${eventId}`, 'types@example.com');
      await page.click(`[data-performance="${ids[0]}"] [data-action=prices]`);
      await page.click('[data-action=add-type]');
      await page.waitForSelector('[name=type-korean-1]');
      await page.click('[data-form=prices] [data-action=set-prices]');
      await page.waitForSelector('[name=type-korean-1][aria-invalid=true]');
      await page.fill('[name=type-korean-1]', '어린이');
      await page.fill('[name=type-english-1]', 'Child');
      for (const field of await page.locator('[name^=type-price-1-]').all()) await field.fill('40,000');
      await page.fill('[name=type-most-1]', '1');
      await page.check('[name=type-proof-1]');
      await a.isAccessible('who pays what');
      await a.picture('types-wide');
      await page.click('[data-form=prices] [data-action=set-prices]');
      await page.waitForSelector('[data-form=prices]', { state: 'detached' });
    });
    await visit(world, [narrow], async (a) => {
      const { page } = a;
      await page.goto(`${a.url}/p/${ids[0]}`);
      await holdBest(a, 2);
      await a.press('order');
      await page.waitForSelector('[data-part=types] select');
      const choices = page.locator('[data-part=types] select');
      assert.equal(await choices.count(), 2);
      const before = Number((await page.textContent('.lines-total b')).replace(/\D/g, ''));
      await choices.nth(0).selectOption('1');
      await page.waitForFunction((was) => Number(document.querySelector('.lines-total b').textContent.replace(/\D/g, '')) !== was, before);
      assert.equal(Number((await page.textContent('.lines-total b')).replace(/\D/g, '')), before / 2 + 40_000);
      await choices.nth(1).selectOption('1'); // one child of a hold
      await page.waitForSelector('[data-part=types] .notice-bad');
      await fits(a, 'the choice of whom the seats are for');
      await a.isAccessible('whom the seats are for');
      await a.picture('types-phone');
      await page.goto(`${a.url}/p/${ids[0]}`); // the hold has it, wherever one looks
      await page.waitForSelector('.held');
      await order(a);
      await page.waitForSelector('.ticket-grade:has-text("어린이 · 입장 시 증빙 확인")');
    }, true);
    await visit(world, [wide], async (a) => {
      await signIn(a, `/organiser/sales/${ids[0]}`, 'types@example.com');
      await a.page.waitForSelector('[data-type="1"]:has-text("Child")');
      assert.match(await a.page.textContent('[data-type="1"]'), /1.*40,000/);
    });
  },
  'codes: a discount and a presale, made by the organiser, typed by the buyer': async (world) => {
    await staff(world, 'codes@example.com', 'manager');
    const { eventId, ids } = await season(world, 'Glass Garden', [21]);
    await visit(world, [wide], async (a) => {
      const { page } = a;
      await signIn(a, `/organiser/events/${eventId}`, 'codes@example.com');
      await page.click(`[data-performance="${ids[0]}"] [data-action=prices]`);
      await page.fill('[name=code-word]', 'abc');
      await page.click('[data-action=add-code]');
      await page.waitForSelector('[name=code-word][aria-invalid=true]');
      await page.fill('[name=code-word]', 'glass-10');
      await page.fill('[name=code-percent]', '10');
      await page.fill('[name=code-places]', '3');
      await page.check('[name=opens-0]');
      await a.isAccessible('codes');
      await page.click('[data-action=add-code]');
      await page.waitForSelector('[data-code="1"]:has-text("GLASS-10")');
      await page.fill('[name=code-count]', '20');
      await page.fill('[name=code-amount]', '5,000');
      await page.click('[data-action=add-code]');
      await page.waitForSelector('[data-code="2"]');
      const file = page.waitForEvent('download');
      await page.click('[data-code="2"] [data-action=print-codes]');
      const lines = (await readFile(await (await file).path(), 'utf8')).trim().split('\n');
      assert.equal(lines.length, 21);
      await page.click('[name=hide-0]');
      await page.waitForSelector('[name=hide-0]:checked:enabled');
      await a.picture('codes-wide');
    });
    await visit(world, [narrow], async (a) => {
      const { page } = a;
      await page.goto(`${a.url}/p/${ids[0]}`);
      await page.waitForSelector('.legend :text("코드 필요")');
      await page.fill('.prices [name=code]', 'glass-10');
      await holdBest(a, 2);
      await a.press('order');
      await page.waitForSelector('[data-part=code] output');
      const total = async () => Number((await page.textContent('.lines-total b')).replace(/\D/g, ''));
      assert.equal(await total(), 2 * 118_800); // the dearest are hidden, and open to the code
      await page.fill('[data-part=code] [name=code]', 'no-such-code');
      await a.press('take-code');
      await page.waitForSelector('[data-part=code] .notice-bad');
      await fits(a, 'a code in the order form');
      await a.isAccessible('a code in the order form');
      await a.picture('codes-phone');
      await page.goto(`${a.url}/p/${ids[0]}`);
      await page.waitForSelector('.held');
      await order(a);
      await page.waitForSelector('.ticket:has-text("118,800")');
    }, true);
  },
};
