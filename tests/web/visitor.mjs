// A visitor: a browser profile of its own with one page, and what one can do and see there.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const programs = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where Chromium is. */
export function chromiumPath() {
  const found = programs
    .map((name) => {
      try {
        return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
      } catch {
        return '';
      }
    })
    .find(Boolean);
  if (!found) throw new Error(`none of ${programs.join(', ')} is installed`);
  return found;
}

/** Nothing of its own on the network. */
export const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const openBrowser = (...more) => chromium.launch({ executablePath: chromiumPath(), args: [...quiet, ...more] });

export const desktop = { viewport: { width: 1440, height: 900 }, locale: 'en-GB' };
export const phone = {
  viewport: { width: 390, height: 844 },
  locale: 'ko-KR',
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

export class Visitor {
  constructor(context, page, url, pictures) {
    this.context = context;
    this.page = page;
    this.url = url;
    this.pictures = pictures;
    this.errors = [];
    page.on('console', (message) => {
      // A server may make no files of tickets: the page asks, and offers none.
      const asked = message.location().url.match(/DoorService\/GetTicket(File|Codes)/) !== null;
      if (message.type() === 'error' && !asked) this.errors.push(message.text());
    });
    page.on('pageerror', (error) => this.errors.push(String(error)));
  }

  static async arrive(browser, url, options, pictures) {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(15_000);
    return new Visitor(context, await context.newPage(), url, pictures);
  }

  leave() {
    return this.context.close();
  }

  async openHall(performance = 1) {
    await this.page.goto(`${this.url}/p/${performance}`);
    await this.page.waitForSelector('.map-face');
    await this.rest();
  }

  async live() {
    await this.page.waitForSelector('.map-face[data-link=live]');
  }

  /** Until the view stands still: its zoom is told in data-cell. */
  async rest() {
    await this.page.evaluate(async () => {
      const face = document.querySelector('.map-face');
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      let before = '';
      for (let still = 0; still < 12; ) {
        await frame();
        const tip = document.querySelector('.tip');
        const now = `${face?.dataset.cell} ${tip?.style.transform}`;
        still = now === before && face?.dataset.cell ? still + 1 : 0;
        before = now;
      }
    });
  }

  /** The side of a seat's cell on the map, in CSS pixels. */
  cell() {
    return this.page.$eval('.map-face', ({ dataset }) => Number(dataset.cell));
  }

  counts() {
    return this.page.$eval('.map-face', ({ dataset }) => ({
      free: Number(dataset.free),
      held: Number(dataset.held),
      sold: Number(dataset.sold),
      version: BigInt(dataset.version) > 0n,
    }));
  }

  /** Moves the keyboard's seat and tells where it is now. */
  async key(name) {
    await this.page.focus('.map-face');
    await this.page.keyboard.press(name);
    await this.rest();
    return this.cursor();
  }

  async cursor() {
    const tip = this.page.locator('.tip');
    if ((await tip.count()) === 0) return null;
    return tip.evaluate((element) => {
      const face = element.parentElement.getBoundingClientRect();
      const [x, y] = element.style.transform.match(/-?[\d.]+/g).map(Number);
      return {
        seat: Number(element.dataset.seat),
        // Where, what it costs, how it stands; not what is told below that.
        text: [...element.querySelectorAll('strong, span')].map((one) => one.textContent).join(''),
        x: face.left + x,
        y: face.top + y,
      };
    });
  }

  chips() {
    return this.page.locator('.chip').count();
  }

  held() {
    return this.page.$eval('.held', (element) => ({
      id: element.dataset.hold,
      expires: element.querySelector('[data-expires]')?.dataset.expires,
      seats: [...element.querySelectorAll('li[data-seat]')].map((li) => ({
        seat: Number(li.dataset.seat),
        label: li.firstElementChild.textContent,
      })),
    }));
  }

  /** Nothing that axe finds. What fades in while it looks is found too, so it looks again for a few seconds. */
  async isAccessible(where) {
    const until = Date.now() + 8000;
    let findings = await this.#findings();
    while (findings.length > 0 && Date.now() < until) findings = await this.#findings();
    assert.deepEqual(findings, [], where);
  }

  async #findings() {
    await this.page.evaluate(() =>
      Promise.all(
        document
          .getAnimations()
          .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
          .map((one) => one.finished.catch(() => {})),
      ),
    );
    if (!(await this.page.evaluate(() => 'axe' in globalThis))) await this.page.evaluate(axe.source);
    return this.page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
    });
  }

  press(action) {
    return this.page.click(`[data-action=${action}]`);
  }

  /** Saves a picture of the page; fails if the canvas shows next to nothing. */
  async picture(name) {
    mkdirSync(this.pictures, { recursive: true });
    await this.page.screenshot({ path: join(this.pictures, `${name}.png`) });
  }

  /** How many colours the hall's picture has, of a grid of points over it. */
  colours() {
    return this.page.evaluate(() => {
      const canvas = document.querySelector('.map-face canvas');
      const { width, height } = canvas;
      const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
      const seen = new Set();
      for (let i = 0; i < data.length; i += 4 * 7) {
        seen.add(`${data[i] >> 4} ${data[i + 1] >> 4} ${data[i + 2] >> 4}`);
      }
      return seen.size;
    });
  }

  /** The colour on screen at a point of the page, as the canvas has it. */
  colourAt(x, y) {
    return this.page.evaluate(
      ([px, py]) => {
        const canvas = document.querySelector('.map-face canvas');
        const box = canvas.getBoundingClientRect();
        const ratio = canvas.width / box.width;
        const at = [Math.round((px - box.left) * ratio), Math.round((py - box.top) * ratio)];
        return [...canvas.getContext('2d').getImageData(at[0], at[1], 1, 1).data].join(' ');
      },
      [x, y],
    );
  }

  /** Looks at a point in every frame from now on; seenChange() tells when its colour first changed. */
  lookAt(x, y) {
    return this.page.evaluate(
      ([px, py]) => {
        const canvas = document.querySelector('.map-face canvas');
        const box = canvas.getBoundingClientRect();
        const ratio = canvas.width / box.width;
        const at = [Math.round((px - box.left) * ratio), Math.round((py - box.top) * ratio)];
        const colour = () => {
          const { data } = canvas.getContext('2d').getImageData(at[0], at[1], 1, 1);
          return [...data].join(' ');
        };
        const first = colour();
        globalThis.changedAt = null;
        const look = () => {
          if (colour() === first) requestAnimationFrame(look);
          else globalThis.changedAt = performance.timeOrigin + performance.now();
        };
        requestAnimationFrame(look);
      },
      [x, y],
    );
  }

  async seenChange() {
    const handle = await this.page.waitForFunction(() => globalThis.changedAt);
    return handle.jsonValue();
  }

  /** When the answer to the last call of a method had come, on the clock that pages share. */
  answeredAt(method) {
    return this.page.evaluate((name) => {
      const calls = performance.getEntriesByType('resource').filter((e) => e.name.endsWith(name));
      const last = calls.at(-1);
      return last ? performance.timeOrigin + last.responseEnd : null;
    }, method);
  }
}
