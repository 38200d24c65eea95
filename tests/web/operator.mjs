// The operator's page: its figures move with a sale, its claims hold, and one that is made false turns red.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startServer } from './server.mjs';
import { create } from './steps.mjs';
import { desktop, Visitor } from './visitor.mjs';

const wall = { viewport: { width: 1920, height: 1080 }, locale: 'en-GB', colorScheme: 'dark' };
const phone = { viewport: { width: 360, height: 740 }, locale: 'ko-KR', colorScheme: 'light', isMobile: true };

const number = (text) => Number(text.replace(/[^\d.]/g, ''));
const tile = async ({ page }, name) => number(await page.locator(`[data-tile=${name}] dd .numeric`).innerText());

/** Opens the page with the operator's key. */
async function operate(world, server, options) {
  const visitor = await Visitor.arrive(world.browser, server.url, options, world.pictures);
  await visitor.page.goto(`${server.url}/operator`);
  await visitor.page.fill('[name=operator-key]', readFileSync(join(server.folder, 'operator.key'), 'utf8').trim());
  await visitor.press('operator');
  await visitor.page.waitForSelector('.board');
  return visitor;
}

const rows = (server, statement, ...parameters) =>
  execFileSync('python3', [
    '-c',
    'import sqlite3, sys, json\n' +
      'c = sqlite3.connect(sys.argv[1]); print(json.dumps(c.execute(sys.argv[2], sys.argv[3:]).fetchall())); c.commit()',
    join(server.folder, 'usher.db'),
    statement,
    ...parameters,
  ]);

export const operator = {
  'the operator sees a sale as it goes: figures move, claims hold, on a wall and on a phone': async (world) => {
    const server = await startServer(world.binary, '--trace-share', '10000');
    const there = { ...world, url: server.url, usher: server.usher };
    const visitors = [];
    try {
      const performance = await create(there, ['--capacity', '2000'], '--name', 'Watched');
      await server.usher('sale', 'create', '--name', 'Watched', '--performances', performance, '--guests',
        '--capacity-min', '500');
      const a = await operate(world, server, wall);
      visitors.push(a);
      assert.equal(await tile(a, 'sold'), 0);
      const crowd = promisify(execFile)(world.binary, ['stampede', '--url', server.url, '--performance', performance,
        '--users', '400', '--within', '3s', '--line', '--seats', 'hot:100', '--tries', '3']);
      await a.page.waitForFunction(() => Number(document.querySelector('[data-tile=sold] .numeric').textContent) > 0);
      await crowd.catch(() => undefined); // its own verdict is not what is looked at here
      const { counts } = (await server.usher('monitor', 'watch', '--json')).performances.find(({ performanceId }) => performanceId === Number(performance));
      await a.page.waitForFunction(
        (sold) => Number(document.querySelector('[data-tile=sold] .numeric').textContent.replace(/\D/g, '')) === sold,
        counts.sold);
      assert.ok(await tile(a, 'revenue') > 0);
      for (const part of ['seats', 'heat', 'rates'])
        assert.ok((await a.page.locator(`[data-part=${part}] .chart path`).count()) > 0, part);
      assert.ok((await a.page.locator(`[data-part=lines] tbody tr`).count()) === 1);
      // All is checked up to the end of the ledger, and holds.
      await a.page.waitForFunction(() =>
        [...document.querySelectorAll('[data-claim]')].every(({ dataset }) => dataset.behind === '0'));
      assert.equal(await a.page.getAttribute('[data-claims]', 'data-claims'), 'ok');
      for (const kind of [1, 2, 3, 4, 5])
        assert.equal(await a.page.getAttribute(`[data-claim="${kind}"]`, 'data-holds'), 'true', `claim ${kind}`);
      await a.page.waitForSelector('[data-part=processes]');
      const machine = a.page.locator('[data-part=machines] tbody tr');
      assert.equal(await machine.count(), 1);
      assert.match(await machine.innerText(), /\d %[\s\S]*\d MB[\s\S]*\d %/);
      assert.equal(await machine.locator('[data-silent]').count(), 0);
      await a.page.fill('[name=log-words]', 'listen');
      await a.press('search');
      await a.page.waitForSelector('[data-found]');
      const words = ['--stream', 'events', '--count', '500', '--json', 'usher.order usher.places'];
      const [order] = (await server.usher('monitor', 'search', ...words)).records
        .map(({ json }) => JSON.parse(Buffer.from(json, 'base64')))
        .filter((event) => event['event.action'] === 'sale' && event['usher.order'] === event['usher.hold'])
        .map((event) => event['usher.order']);
      await a.page.fill('[name=story-text]', order);
      await a.press('story');
      await a.page.waitForSelector('[data-story] [data-row]');
      const told = await a.page.locator('[data-story]').innerText();
      for (const what of ['joined', 'hold', 'sale']) assert.ok(told.includes(what), `${what} in ${told}`);
      // A trace is told as a tree, behind whatever line has one.
      await a.page.fill('[name=log-words]', 'HoldSeats success');
      await a.press('search');
      await a.page.locator('[data-part=logs] [data-trace]').first().click();
      await a.page.waitForSelector('[data-part=traces] [data-span="owner.commit"]');
      const spans = await a.page.locator('[data-part=traces] [data-span]').evaluateAll((all) => all.map(({ dataset }) => dataset.span));
      assert.deepEqual(spans.slice(0, 3), ['usher.v1.TicketService/HoldSeats', 'owner.ask', 'owner.commit']);
      await a.isAccessible('operator on a wall, dark');
      await a.page.screenshot({ path: join(world.pictures, 'operator-wall.png'), fullPage: true });
      assert.deepEqual(a.errors, []);
      const b = await operate(world, server, phone);
      visitors.push(b);
      await b.page.waitForSelector('[data-part=processes]');
      await b.page.waitForSelector('h1:has-text("실시간")');
      await b.isAccessible('operator on a phone, light, Korean');
      const wide = await b.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} px wider than the screen`);
      await b.page.screenshot({ path: join(world.pictures, 'operator-phone.png'), fullPage: true });
      assert.deepEqual(b.errors, []);
    } finally {
      for (const one of visitors) await one.leave();
      await server.stop();
    }
  },

  'the operator keeps an account and a network out, with a reason and an end, and lets them in again': async (world) => {
    const server = await startServer(world.binary);
    const call = async (method, message) => {
      const answer = await fetch(`${server.url}/usher.v1.AuthService/${method}`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(message),
      });
      return { status: answer.status, body: await answer.json() };
    };
    const email = 'hoarder@example.org';
    const password = 'a password of fifteen';
    const visitors = [];
    try {
      const { requestId } = (await call('CreateAccount', { email, password, name: 'Kim', terms: true })).body;
      await call('VerifyEmail', { email, requestId, code: await server.mailedCode(email) });
      const a = await operate(world, server, wall);
      visitors.push(a);
      const part = a.page.locator('[data-part=blocks]');
      await part.scrollIntoViewIfNeeded();
      await a.press('block');
      assert.equal(await part.locator('.field-bad').count(), 2, 'whom and why are asked for');
      const block = async (whom, until) => {
        await a.page.fill('[name=block-value]', whom);
        await a.page.fill('[name=block-reason]', 'resale');
        await a.page.selectOption('[name=block-until]', until);
        await a.press('block');
      };
      await block(email, '30');
      await a.page.waitForSelector('[data-block]');
      await block('192.0.2.0/24', '0');
      await a.page.waitForSelector('[data-block="192.0.2.0/24"]');
      await block('nobody@example.org', '1');
      await part.locator('.notice').waitFor();
      assert.equal(await part.locator('[data-block]').count(), 2);
      await a.isAccessible('who is kept out');
      await part.screenshot({ path: join(world.pictures, 'operator-blocks.png') });
      assert.equal((await call('LogIn', { email, password })).status, 403);
      const { entries } = await server.usher('account', 'blocked', '--json');
      assert.deepEqual(entries.map(({ reason }) => reason), ['resale', 'resale']);
      assert.equal(entries.filter(({ untilMs }) => untilMs && untilMs !== '0').length, 1);
      while ((await part.locator('[data-action=unblock]').count()) > 0) {
        const n = await part.locator('[data-block]').count();
        await part.locator('[data-action=unblock]:enabled').first().click();
        await a.page.waitForFunction((k) => document.querySelectorAll('[data-block]').length < k, n);
      }
      assert.equal((await call('LogIn', { email, password })).status, 200);
      const { acts } = await server.usher('account', 'acts', '--json');
      assert.equal(acts.filter(({ what }) => what === 'block').length, 2);
      assert.equal(acts.filter(({ what }) => what === 'unblock').length, 2);
      const b = await operate(world, server, phone);
      visitors.push(b);
      await b.page.waitForSelector('[data-part=blocks]');
      const wide = await b.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} px wider than the screen`);
      await b.isAccessible('who is kept out, on a phone');
    } finally {
      for (const one of visitors) await one.leave();
      await server.stop();
    }
  },

  'a ledger that was altered turns its claim red, on the page and in the command': async (world) => {
    const server = await startServer(world.binary);
    const there = { ...world, url: server.url, usher: server.usher };
    let a;
    try {
      const performance = await create(there, ['--capacity', '500'], '--name', 'Cooked', '--open');
      await promisify(execFile)(world.binary, ['stampede', '--url', server.url, '--performance', performance,
        '--users', '50', '--within', '200ms']);
      // While nobody looks the checker reads on every 15 s: the last row is altered before it comes to it.
      rows(server, 'UPDATE ledger SET hash = zeroblob(32) WHERE performance_id = ?1 AND seq = ' +
        '(SELECT max(seq) FROM ledger WHERE performance_id = ?1)', String(performance));
      a = await operate(world, server, desktop);
      await a.page.waitForSelector('[data-claims=no] [data-claim="5"][data-holds=false] .board-found');
      assert.match(await a.page.innerText('[data-claim="5"] .board-found'), /row \d+: its hash/);
      assert.equal(await a.page.getAttribute('[data-claim="2"]', 'data-holds'), 'true', 'the books are right');
      await a.isAccessible('a claim that fails');
      await a.page.screenshot({ path: join(world.pictures, 'operator-false.png'), fullPage: true });
      await assert.rejects(server.usher('monitor', 'watch'), ({ code, stdout }) => code === 1 && /FALSE +P11/.test(stdout));
    } finally {
      await a?.leave();
      await server.stop();
    }
  },

  'who may not see it is told so, and a guest gets nothing': async (world) => {
    const a = await Visitor.arrive(world.browser, world.url, desktop, world.pictures);
    try {
      await a.page.goto(`${world.url}/operator`);
      await a.isAccessible('who is watching');
      await a.page.fill('[name=operator-key]', 'no-such-key');
      await a.press('operator');
      await a.page.waitForSelector('.board-who .notice-bad');
      const answer = await fetch(`${world.url}/usher.v1.MonitorService/GetBoard`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      assert.ok(answer.status === 401 || answer.status === 403, String(answer.status));
    } finally {
      await a.leave();
    }
  },
};
