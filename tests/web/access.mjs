// What must hold for someone without a mouse, or with eyes that need contrast.

import assert from 'node:assert/strict';
import { freeSeat, holdBest, order, release, visit } from './steps.mjs';
import { desktop, phone } from './visitor.mjs';

/** Presses Tab until the focus is where the selector says. */
async function tabTo(visitor, selector) {
  for (let step = 0; step < 30; step++) {
    await visitor.page.keyboard.press('Tab');
    const there = await visitor.page.evaluate((s) => document.activeElement.matches(s), selector);
    if (there) return step + 1;
  }
  throw new Error(`Tab does not lead to ${selector}`);
}

const focused = (visitor) =>
  visitor.page.evaluate(() => document.activeElement.closest('section, aside, main')?.className);

const announced = (visitor, words) =>
  visitor.page.waitForFunction(
    (text) => document.querySelector('[data-announcement]').textContent.includes(text),
    words,
  );

/**
 * Texts whose contrast with what is behind them is below 4.5 (3 where they are large), WCAG 2.2 1.4.3. Controls that
 * are disabled do not count; the map's own colours are tested beside their source.
 */
function faint(visitor) {
  return visitor.page.evaluate(() => {
    const parse = (color) => {
      const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
      return { r, g, b, a };
    };
    const over = (top, under) => {
      const mix = (x, y) => x * top.a + y * (1 - top.a);
      return { r: mix(top.r, under.r), g: mix(top.g, under.g), b: mix(top.b, under.b), a: 1 };
    };
    const light = ({ r, g, b }) => {
      const [x, y, z] = [r, g, b].map((part) => {
        const s = part / 255;
        return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      const text = texts.currentNode.textContent.trim();
      if (!text || element.closest('.unseen, .skip, :disabled, .gone, script, option')) continue;
      if (!element.checkVisibility()) continue;
      const chain = [];
      for (let e = element; e; e = e.parentElement) chain.unshift(getComputedStyle(e));
      let ground = { r: 255, g: 255, b: 255, a: 1 };
      let opacity = 1;
      for (const style of chain) {
        opacity *= Number(style.opacity);
        ground = over(parse(style.backgroundColor), ground);
      }
      const style = chain.at(-1);
      const ink = parse(style.color);
      const written = over({ ...ink, a: ink.a * opacity }, ground);
      const [low, high] = [light(written), light(ground)].sort((x, y) => x - y);
      const ratio = (high + 0.05) / (low + 0.05);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
    }
    return found;
  });
}

/** Until nothing moves or fades in any more. */
const still = (visitor) =>
  visitor.page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
        .map((one) => one.finished.catch(() => {})),
    ),
  );

export const access = {
  'seats are chosen, held and ordered by keys alone, and the focus is never lost': (world) =>
    visit(world, [desktop], async (a) => {
      await a.openHall();
      await a.live();
      await tabTo(a, '.map-face');
      await freeSeat(a);
      await a.page.keyboard.press('Enter');
      await announced(a, 'chosen');
      await freeSeat(a);
      await a.page.keyboard.press('Enter');
      assert.equal(await a.chips(), 2);
      // A chip that is taken away hands the focus on to what is left.
      await tabTo(a, '.chip');
      await a.page.keyboard.press('Enter');
      await a.page.waitForFunction(() => document.querySelectorAll('.chip').length === 1);
      assert.match(await focused(a), /chosen/);
      await tabTo(a, '[data-action=hold]');
      await a.page.keyboard.press('Enter');
      await a.page.waitForSelector('.held');
      await announced(a, '1 seat held for you');
      assert.match(await focused(a), /held/);
      assert.match(await a.page.title(), /^\d:\d\d · Opening Night · Usher$/);
      assert.equal(await tabTo(a, '[data-action=order]'), 1, 'paying is the next thing');
      await a.page.keyboard.press('Enter');
      await a.page.waitForSelector('.pay-form');
      assert.equal(await a.page.evaluate(() => document.activeElement.id), 'main');
      // What is missing is said, and the keyboard stands where it is to be given.
      await tabTo(a, '[data-action=pay]');
      await a.page.keyboard.press('Enter');
      await a.page.waitForFunction(() => document.activeElement.name === 'name');
      await a.page.keyboard.type('Kim Minji');
      await tabTo(a, '[name=email]');
      await a.page.keyboard.type('minji.kim@example.com');
      await tabTo(a, '[name=way]');
      await a.page.keyboard.press('ArrowUp'); // round to the last way: the box office
      await tabTo(a, '[name=terms]');
      await a.page.keyboard.press('Space');
      await tabTo(a, '[data-action=pay]');
      await a.page.keyboard.press('Enter');
      await a.page.waitForSelector('.ticket');
      assert.equal(await a.page.evaluate(() => document.activeElement.id), 'main');
      await tabTo(a, '[data-action=cancel]');
      await a.page.keyboard.press('Enter');
      await a.page.waitForSelector('dialog[open]');
      await a.page.keyboard.press('Escape');
      await a.page.waitForSelector('dialog', { state: 'detached' });
      assert.equal(await a.page.evaluate(() => document.activeElement.dataset.action), 'cancel');
    }),

  'a button that was busy has the focus again when it was refused': (world) =>
    visit(
      world,
      [desktop],
      async (a) => {
        await a.openHall();
        await a.live();
        await a.page.route('**/HoldBest', (route) => route.abort());
        await a.page.focus('[data-action=best]');
        await a.page.keyboard.press('Enter');
        await a.page.waitForSelector('.notice[data-reason=OFFLINE]');
        await a.page.waitForFunction(() => document.activeElement.dataset.action === 'best');
        await a.page.unroute('**/HoldBest');
        await a.page.keyboard.press('Enter');
        await a.page.waitForSelector('.held');
        await tabTo(a, '[data-action=release]');
        await a.page.keyboard.press('Enter');
        await a.page.waitForSelector('.held', { state: 'detached' });
        assert.match(await focused(a), /panel/);
      },
      true,
    ),

  'on the smallest phone, and on one lying on its side, nothing that is needed is out of sight': async (
    world,
  ) => {
    for (const viewport of [
      { width: 320, height: 568 },
      { width: 844, height: 390 },
    ]) {
      await visit(world, [{ ...phone, locale: 'en-GB', viewport }], async (a) => {
        const inside = async (selector) => {
          const box = await a.page.locator(selector).boundingBox();
          const whole = box.x >= 0 && box.x + box.width <= viewport.width;
          assert.ok(whole && box.y >= 0 && box.y + box.height <= viewport.height, selector);
          return box;
        };
        await a.openHall();
        await a.live();
        for (const link of ['.brand', '.top-link >> nth=0', '.top-link >> nth=1']) {
          assert.ok((await inside(link)).height <= 44, `${link} is on one line`);
        }
        const map = await inside('.map-face');
        assert.ok(map.width * map.height > viewport.width * viewport.height * 0.3, 'the map is small');
        await holdBest(a, 2);
        await a.rest();
        await inside('.clock');
        await inside('[data-action=order]');
        await inside('[data-action=release]');
        const spills = await a.page.$$eval('.held-actions button', (buttons) =>
          buttons.filter((button) => button.scrollWidth > button.clientWidth),
        );
        assert.equal(spills.length, 0, 'the words fit their buttons');
        assert.equal(await a.page.$eval('.panel-body', (body) => body.scrollTop), 0);
        await a.picture(`held-${viewport.width}`);
        await a.page.goto(a.url);
        await a.page.waitForSelector('.date-go:has-text("Your held seats")');
        await a.page.click('.date');
        await a.page.waitForSelector('.held');
        await release(a);
      });
    }
  },

  'axe finds nothing, on any page, by day and by night, in both languages': async (world) => {
    for (const colorScheme of ['light', 'dark']) {
      for (const option of [desktop, phone]) {
        await visit(
          world,
          [{ ...option, colorScheme }],
          async (a) => {
            const check = (where) => a.isAccessible(`${where}, ${colorScheme}, ${option.locale}`);
            await a.page.goto(`${a.url}/orders`);
            await a.page.waitForSelector('.trouble');
            await check('no orders yet');
            await a.page.goto(a.url);
            await a.page.waitForSelector('.date');
            await check('home');
            await a.openHall();
            await a.live();
            await check('the hall');
            await a.key('ArrowDown');
            await a.key('Enter');
            await a.page.waitForSelector('.chip');
            await check('a choice');
            await a.page.click('.chosen .quiet');
            await holdBest(a, 2);
            await check('a hold');
            await a.press('order');
            await a.page.waitForSelector('.pay-form');
            await check('the order form');
            await a.page.goBack();
            await a.page.waitForSelector('.held');
            await order(a);
            await a.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
            await check('an order');
            await a.press('cancel');
            await a.page.waitForSelector('dialog[open]');
            await check('a question');
            await a.page.click('dialog .danger');
            await a.page.waitForSelector('.order-head[data-state=CANCELLED]');
            await check('a cancelled order');
            await a.page.click('.top a[href="/orders"]');
            await a.page.waitForSelector('.stub');
            await check('orders');
            await a.page.goto(`${a.url}/no/such/page`);
            await a.page.waitForSelector('.trouble');
            await check('an address that is none');
          },
          true, // the 404 is written to the console
        );
      }
    }
  },

  'every text stands out from its ground, by day and by night': async (world) => {
    for (const colorScheme of ['light', 'dark']) {
      for (const option of [desktop, phone]) {
        await visit(world, [{ ...option, locale: 'en-GB', colorScheme }], async (a) => {
          const check = async (where) => {
            await still(a);
            assert.deepEqual(await faint(a), [], `${where}, ${colorScheme}`);
          };
          await a.page.goto(a.url);
          await a.page.waitForSelector('.date');
          await check('home');
          await a.openHall();
          await a.live();
          await check('the hall');
          await freeSeat(a);
          await a.key('Enter');
          await check('a choice');
          await a.page.click('.chosen .quiet');
          await holdBest(a, 2);
          await check('a hold');
          await order(a);
          await check('an order');
          await a.press('cancel');
          await a.page.click('dialog .danger');
          await a.page.waitForSelector('.order-head[data-state=CANCELLED]');
          await check('a cancelled order');
          await a.page.click('.top a[href="/orders"]');
          await a.page.waitForSelector('.stub');
          await check('orders');
        });
      }
    }
  },
};
