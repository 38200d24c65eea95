// Signing in with the account of another service, in the browser and with the real server: there and back.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { visit } from './steps.mjs';
import { desktop, phone } from './visitor.mjs';

const korean = { ...phone, locale: 'ko-KR' };

/** The six digits of an authenticator. */
function digits(secret, steps) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(count).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function signInBy(a, provider) {
  await a.page.goto(`${a.url}/sign-in?next=/account`);
  await a.page.click(`[data-provider=${provider}]`);
}

export const providers = {
  'a service signs in: once with a code by mail, then at once': (world) =>
    visit(
      world,
      [korean],
      async (a) => {
        Object.assign(world.idp.person, { sub: 'kim', email: 'kim.social@example.org', name: '김민지' });
        await a.page.goto(`${a.url}/sign-in`);
        await a.page.waitForSelector('[data-provider=kakao]');
        await a.isAccessible('sign-in with services');
        await a.picture('sign-in-services-phone');
        await signInBy(a, 'kakao');
        await a.page.waitForSelector('[name=terms]');
        assert.equal(await a.page.inputValue('[name=email]'), 'kim.social@example.org');
        assert.ok(!a.page.url().includes('code='), 'what is good once does not stay in the address');
        await a.isAccessible('a new account by a service');
        await a.picture('sign-in-service-new-phone');
        await a.page.fill('[name=name]', '김민지');
        await a.press('submit');
        await a.page.waitForFunction(() => document.activeElement.name === 'terms');
        await a.page.keyboard.press('Space');
        await a.press('submit');
        await a.page.waitForSelector('[name=code]');
        await a.page.fill('[name=code]', await world.mailedCode('kim.social@example.org'));
        await a.press('submit');
        await a.page.waitForURL(/\/account$/);
        await a.page.waitForSelector('.account-head');
        await a.isAccessible('an account without a password');
        await a.picture('account-service-phone');
        await a.press('sign-out');
        await signInBy(a, 'kakao');
        await a.page.waitForSelector('.account-head');
        // A second factor, set up on the page, is asked for at the next sign-in.
        await a.press('second-factor');
        await a.page.waitForSelector('.factor-key');
        await a.isAccessible('setting up a second factor');
        await a.picture('second-factor-phone');
        const secret = await a.page.textContent('.factor-key');
        await a.page.fill('[name=second-factor]', digits(secret, -1));
        await a.page.keyboard.press('Enter');
        // Whoever loses the authenticator has the codes that are shown now, and never again.
        await a.page.waitForSelector('.recovery-codes');
        await a.isAccessible('recovery codes');
        const [code] = await a.page.locator('.recovery-codes code').allTextContents();
        await a.press('recovery-kept');
        await a.page.waitForSelector('[data-action=second-factor]');
        await a.press('sign-out');
        await signInBy(a, 'kakao');
        await a.page.waitForSelector('[name=second-factor]');
        await a.isAccessible('a second factor behind a service');
        await a.page.fill('[name=second-factor]', digits(secret, 0));
        await a.press('submit');
        await a.page.waitForSelector('.account-head');
        await a.press('sign-out');
        await signInBy(a, 'kakao');
        await a.page.waitForSelector('[name=second-factor]');
        await a.page.fill('[name=second-factor]', code);
        await a.press('submit');
        await a.page.waitForSelector('.account-head');
      },
      true,
    ),

  'who declines at the service, or comes with a stranger’s link, is told and nothing happens': (world) =>
    visit(
      world,
      [{ ...desktop, locale: 'en-US' }],
      async (a) => {
        Object.assign(world.idp.person, { sub: 'lee', email: '', name: '', declines: true });
        await signInBy(a, 'kakao');
        await a.page.waitForSelector('.trouble');
        await a.isAccessible('declined at the service');
        delete world.idp.person.declines;
        await a.page.goto(`${a.url}/sign-in/return/kakao?code=theirs&state=theirs`);
        await a.page.waitForSelector('.trouble');
        assert.equal(await a.page.textContent('.trouble h1'), 'The sign-in was not finished');
        await a.page.keyboard.press('Tab');
        await a.page.click('.trouble-actions a');
        await a.page.waitForSelector('[name=password]');
      },
      true,
    ),

  'an account connects a service and disconnects it': (world) =>
    visit(
      world,
      [{ ...desktop, locale: 'en-US' }],
      async (a) => {
        Object.assign(world.idp.person, { sub: 'park', email: 'other@example.net', name: 'Park' });
        await a.page.goto(`${a.url}/register?next=/account`);
        await a.page.fill('[name=name]', 'Park');
        await a.page.fill('[name=email]', 'park@example.org');
        await a.page.fill('[name=password]', 'correct horse battery');
        await a.page.check('[name=terms]');
        await a.press('submit');
        await a.page.waitForSelector('[name=code]');
        await a.page.fill('[name=code]', await world.mailedCode('park@example.org'));
        await a.press('submit');
        await a.page.waitForSelector('.account-head');
        await a.page.click('[data-provider=kakao]');
        await a.page.fill('form [name=password]', 'not this');
        await a.page.keyboard.press('Enter');
        await a.page.waitForSelector('[data-reason=LOGIN_FAILED]');
        await a.isAccessible('connecting a service');
        await a.page.fill('form [name=password]', 'correct horse battery');
        await a.page.keyboard.press('Enter');
        await a.page.waitForSelector('[data-provider=kakao]:has-text("Disconnect")');
        await a.picture('account-connected');
        await a.page.click('[data-provider=kakao]');
        await a.page.fill('form [name=password]', 'correct horse battery');
        await a.page.keyboard.press('Enter');
        await a.page.waitForSelector('[data-provider=kakao]:has-text("Connect Kakao")');
      },
      true,
    ),
};
