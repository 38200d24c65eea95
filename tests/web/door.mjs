// The door: codes by camera and by hand, names, gates with and without a network, and what became of it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, holdBest, order, visit } from './steps.mjs';
import { desktop, openBrowser, phone, Visitor } from './visitor.mjs';

export const password = 'correct horse battery';
const night = { ...phone, locale: 'en-GB', colorScheme: 'dark' };

/** An account in the team of organiser 1, made as anybody makes one. */
export async function staff(world, email, role) {
  const call = async (method, body) => {
    const answer = await fetch(`${world.url}/usher.v1.AuthService/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(JSON.stringify(said));
    return said;
  };
  const { requestId } = await call('CreateAccount', { email, password, name: 'Door', terms: true });
  let code = null;
  for (let began = Date.now(); !code && Date.now() - began < 10_000; ) {
    const { mails = [] } = await world.usher('mail', 'list', '--to', email, '--json');
    if (mails.length > 0) {
      const { text } = await world.usher('mail', 'show', mails[0].mailId, '--json');
      code = /\b\d{8}\b/.exec(text)?.[0];
    }
  }
  await call('VerifyEmail', { email, code, requestId });
  if (role) await world.usher('member', 'set', email, '--role', role, '--organiser', '1');
}

async function openDoor(visitor, performance, email, gate) {
  const { page } = visitor;
  await page.goto(`${visitor.url}/door/${performance}`);
  await page.click('.trouble .primary');
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', password);
  await visitor.press('submit');
  await page.waitForSelector('.door');
  await page.fill('[name=gate]', gate);
}

/** Types a code; gives the verdict. */
async function shows(visitor, code, result) {
  const { page } = visitor;
  await page.fill('[name=code]', code);
  await visitor.press('check');
  await page.waitForSelector(`.answer[data-result=${result}]`);
  return page.getAttribute('.answer', 'data-tone');
}

const direction = (visitor, word) => visitor.page.click(`.door-way label:has-text("${word}")`);

const until = (visitor, offline) => visitor.page.waitForSelector(`.door-link[data-offline=${offline}]`);

/** Buys two places; gives the codes that the page shows, read from its calls. */
async function buy(world, performance, party = 2) {
  let codes = [];
  await visit(world, [desktop], async (a) => {
    await a.openHall(performance);
    await a.live();
    await holdBest(a, party);
    await order(a);
    const orderId = await a.page.getAttribute('.order-head', 'data-order');
    codes = await a.page.evaluate(async (id) => {
      const { token } = JSON.parse(localStorage.getItem('usher.guest'));
      const answer = await fetch('/usher.v1.DoorService/GetTicketCodes', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ orderId: id }),
      });
      return (await answer.json()).tickets.map(({ signedCode }) => signedCode);
    }, orderId);
  });
  return codes;
}

/** The first code of an order as a film for a camera: 4:2:0, one picture. */
async function film(world, performance, path) {
  let luma = '';
  await visit(world, [desktop], async (a) => {
    await a.openHall(performance);
    await a.live();
    await holdBest(a, 1);
    await order(a);
    await a.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
    luma = await a.page.evaluate(async () => {
      const svg = document.querySelector('.qr').cloneNode(true);
      svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
      svg.setAttribute('width', '420');
      svg.setAttribute('height', '420');
      const image = new Image();
      image.src = `data:image/svg+xml,${encodeURIComponent(svg.outerHTML)}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = 640;
      canvas.height = 480;
      const context = canvas.getContext('2d');
      context.fillStyle = '#888';
      context.fillRect(0, 0, 640, 480);
      context.drawImage(image, 110, 30);
      const { data } = context.getImageData(0, 0, 640, 480);
      let text = '';
      for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i]);
      return btoa(text);
    });
  });
  const grey = Buffer.alloc((640 * 480) / 2, 128);
  const head = Buffer.from('YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\nFRAME\n');
  writeFileSync(path, Buffer.concat([head, Buffer.from(luma, 'base64'), grey]));
}

export const door = {
  'the door: in, out, in again, by code and by name, with words, a colour and a count': async (world) => {
    const performance = await create(world, ['--capacity', '500'], '--name', 'Door Night', '--open');
    await staff(world, 'staff@example.com', 'door');
    const [first, second] = await buy(world, performance);
    await visit(world, [night], async (a) => {
      await openDoor(a, performance, 'staff@example.com', 'North');
      await a.isAccessible('the door');
      assert.equal(await shows(a, first, 'OK'), 'good');
      await a.isAccessible('welcome');
      await a.picture('door-good');
      assert.equal(await shows(a, first, 'ALREADY_REDEEMED'), 'warn');
      assert.match(await a.page.textContent('.answer'), /In since .*, gate North/);
      await a.isAccessible('already inside');
      assert.equal(await shows(a, 'nonsense', 'INVALID'), 'bad');
      await world.usher('ticket', 'entry', '--performance', `${performance}`, '--early', '30', '--json');
      assert.equal(await shows(a, second, 'INVALID_TIME'), 'warn', 'it is weeks until then');
      await a.isAccessible('not the time');
      await world.usher('ticket', 'entry', '--performance', `${performance}`, '--early', '525600', '--json');
      await a.isAccessible('not a ticket');
      await a.picture('door-bad');
      await direction(a, 'Out');
      assert.equal(await shows(a, second, 'NOT_INSIDE'), 'warn');
      assert.equal(await shows(a, first, 'OK'), 'good');
      await direction(a, 'In');
      await a.page.fill('[name=search]', 'minji KIM');
      await a.page.waitForSelector('.door-names li >> nth=1');
      await a.page.click('[data-action=admit]:enabled >> nth=0');
      await a.page.waitForSelector('.answer[data-result=OK]');
      await a.page.waitForSelector('[data-inside="1"]');
      assert.match(await a.page.textContent('.door-counts table'), /North/);
      await a.picture('door-names');
    }, true);
  },

  'two gates without a network let one ticket in twice: they say so once they meet': async (world) => {
    const performance = await create(world, ['--capacity', '500'], '--name', 'Two Gates', '--open');
    await staff(world, 'gates@example.com', 'door');
    const other = await create(world, ['--capacity', '500'], '--name', 'Elsewhere', '--open');
    const [first, second] = await buy(world, performance);
    const [foreign] = await buy(world, other, 1);
    const [stolen] = await buy(world, performance, 1);
    const isLost = ({ order: { performanceId, tickets } }) => performanceId === performance && tickets.length === 1;
    let lost = null; // its contact is known once its tickets were mailed
    for (const began = Date.now(); !lost && Date.now() - began < 10_000; ) {
      const { orders = [] } = await world.usher('order', 'find', 'minji.kim@example.com', '--json');
      lost = orders.find(isLost);
    }
    await world.usher('ticket', 'block', lost.order.orderId, '--reason', 'Reported stolen', '--json');
    await visit(
      world,
      [night, night],
      async (a, b) => {
        for (const [one, gate] of [[a, 'North'], [b, 'South']]) {
          await openDoor(one, performance, 'gates@example.com', gate);
          await one.context.setOffline(true);
          assert.equal(await shows(one, first, 'OK'), 'good');
          await until(one, true);
          assert.match(await one.page.textContent('.answer'), /list of this device/);
          assert.equal(await shows(one, first, 'ALREADY_REDEEMED'), 'warn');
          assert.equal(await shows(one, foreign, 'WRONG_PERFORMANCE'), 'bad');
          assert.equal(await shows(one, `${first.slice(0, -2)}00`, 'INVALID'), 'bad', 'a forged signature');
          assert.equal(await shows(one, stolen, 'BLOCKED'), 'bad', 'by the list');
          assert.match(await one.page.textContent('.answer'), /Reported stolen/);
          await one.isAccessible('without a network');
        }
        await a.picture('door-offline');
        assert.equal(await shows(b, second, 'OK'), 'good');
        for (const one of [a, b]) {
          await one.context.setOffline(false);
          await until(one, false);
          await one.page.waitForFunction(() => !document.querySelector('.door-link').textContent.includes('not sent'));
        }
        await b.page.waitForSelector('.door-doubles li');
        const told = await b.page.textContent('.door-doubles li');
        assert.match(told, /North.*South|South.*North/);
        await b.page.waitForSelector('[data-inside="2"]');
        await b.isAccessible('a double entry');
        await b.picture('door-double');
      },
      true, // calls that find no network are written to the console
    );
  },

  'who is no door staff is told so': async (world) => {
    await staff(world, 'fan@example.com', null);
    await visit(world, [night], async (a) => {
      const { page } = a;
      await page.goto(`${a.url}/door/1`);
      await page.click('.trouble .primary');
      await page.fill('[name=email]', 'fan@example.com');
      await page.fill('[name=password]', password);
      await a.press('submit');
      await page.waitForSelector('.trouble:has-text("not door staff")');
      await a.isAccessible('not door staff');
      await page.click('.trouble .plain');
      await page.waitForSelector('.door-list [data-performance="1"]');
      await a.isAccessible('which performance');
    }, true);
  },

  'the camera reads a code and lets its guest in': async (world) => {
    const performance = await create(world, ['--capacity', '500'], '--name', 'Camera', '--open');
    await staff(world, 'camera@example.com', 'door');
    const folder = mkdtempSync(join(tmpdir(), 'usher-film-'));
    const path = join(folder, 'code.y4m');
    let browser = null;
    try {
      await film(world, performance, path);
      browser = await openBrowser(
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-video-capture=${path}`,
      );
      const a = await Visitor.arrive(browser, world.url, night, world.pictures);
      await openDoor(a, performance, 'camera@example.com', 'Camera');
      await a.press('camera');
      await a.page.waitForSelector('.answer[data-result=OK]');
      await a.picture('door-camera');
      assert.deepEqual(a.errors, []);
    } finally {
      await browser?.close();
      rmSync(folder, { recursive: true });
    }
  },
};
