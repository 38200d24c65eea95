// What must hold on the map itself: coming nearer, staying put, and what is written where.

import assert from 'node:assert/strict';
import { create, holdBest, release, visit } from './steps.mjs';
import { desktop, phone } from './visitor.mjs';

const large = ['--capacity', '40000'];

/** What the map writes, with where: asked of the canvas itself, as nothing else knows. */
async function watchWriting(visitor) {
  await visitor.page.addInitScript(() => {
    globalThis.written = [];
    for (const kind of [CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D]) {
      const write = kind.prototype.fillText;
      kind.prototype.fillText = function (text, x, y, ...more) {
        globalThis.written.push({ text, x, y, at: performance.now() });
        return write.call(this, text, x, y, ...more);
      };
    }
  });
}

/** What is written when the whole scene is painted once more. */
async function writing(visitor) {
  await visitor.rest();
  const size = visitor.page.viewportSize();
  await visitor.page.evaluate(() => {
    globalThis.written = [];
  });
  await visitor.page.setViewportSize({ ...size, height: size.height - 1 });
  await visitor.rest();
  const all = await visitor.page.evaluate(() => globalThis.written);
  await visitor.page.setViewportSize(size);
  // The names are drawn in every frame: what the first frame has written is enough.
  const once = new Map(all.map((one) => [`${one.text} ${one.x.toFixed(1)} ${one.y.toFixed(1)}`, one]));
  return [...once.values()];
}

const place = (visitor) => visitor.page.$eval('.map-face', ({ dataset }) => dataset.view);
const cell = (visitor) => visitor.page.$eval('.map-face', ({ dataset }) => Number(dataset.cell));

export const map = {
  'a price of the legend is a filter: the map fades all others until it is let go': (world) =>
    visit(world, [desktop], async (a) => {
      await a.openHall();
      await a.live();
      await a.key('ArrowDown');
      const seat = await a.cursor();
      const before = await a.colourAt(seat.x, seat.y);
      const row = a.page.locator('.legend button[data-category="3"]');
      await row.click();
      await a.rest();
      assert.equal(await row.getAttribute('aria-pressed'), 'true');
      assert.notEqual(await a.colourAt(seat.x, seat.y), before, 'another price stands as it was');
      await a.isAccessible('a filtered map');
      await a.picture('hall-filtered');
      await row.click();
      await a.rest();
      assert.equal(await a.colourAt(seat.x, seat.y), before);
    }),

  'on a phone every tap on a large hall comes nearer, wherever it falls': async (world) => {
    const performance = await create(world, large, '--name', 'Stadium', '--open');
    await visit(world, [phone], async (a) => {
      await a.openHall(performance);
      await a.live();
      const box = await a.page.locator('.map-face').boundingBox();
      const far = await cell(a);
      assert.ok(far < 3, `a seat has ${far} px: the hall is not large`);
      for (const [across, down] of [
        [0.5, 0.5], [0.2, 0.35], [0.8, 0.35], [0.35, 0.6], [0.65, 0.6], [0.5, 0.8], [0.12, 0.2], [0.9, 0.7],
      ]) {
        const before = await cell(a);
        await a.page.touchscreen.tap(box.x + box.width * across, box.y + box.height * down);
        await a.rest();
        assert.ok((await cell(a)) > before * 1.3, `a tap at ${across}, ${down} did nothing`);
        // The next tap, a little aside, comes nearer again, until seats can be told apart.
        for (let step = 0; step < 4 && (await cell(a)) < 15; step++) {
          const there = await cell(a);
          await a.page.waitForTimeout(310); // two at once would be a double tap
          await a.page.touchscreen.tap(box.x + box.width * 0.5, box.y + box.height * 0.45);
          await a.rest();
          assert.ok((await cell(a)) > there * 1.3, `tap ${step + 2} from ${across}, ${down}`);
        }
        await a.page.locator('.map-zoom button').last().click();
        await a.rest();
      }
      assert.equal(await a.chips(), 0, 'far away nothing is chosen');
    });
  },

  'a large hall is shown by its sections and their share of free places, and has a small map of itself': async (world) => {
    const performance = await create(world, large, '--name', 'Arena', '--open');
    await visit(world, [{ ...desktop, locale: 'en-GB' }, { ...phone, locale: 'ko-KR' }], async (a, b) => {
      for (const visitor of [a, b]) {
        await watchWriting(visitor);
        await visitor.openHall(performance);
        await visitor.live();
        const shares = async () => (await writing(visitor)).filter(({ text }) => /^\d+%$/.test(text)).length;
        const mini = visitor.page.locator('.map-mini');
        const far = await cell(visitor);
        // On a phone there is room for the names alone; the colour tells how much is left.
        if (visitor === a) assert.ok(far < 3.4 && (await shares()) > 3, 'no section tells its share');
        assert.equal(await mini.isVisible(), false, 'the whole hall is seen already');
        await visitor.isAccessible('a large hall');
        await visitor.picture(`blocks-${visitor === a ? 'desktop' : 'phone'}`);
        for (let n = 0; n < 8 && (await cell(visitor)) < 8; n++) {
          await visitor.page.locator('.map-zoom button').first().click();
          await visitor.rest();
        }
        assert.equal(await shares(), 0, 'seats tell it themselves');
        await mini.waitFor({ state: 'visible' });
        const before = await place(visitor);
        const box = await mini.boundingBox();
        await visitor.page.mouse.click(box.x + box.width * 0.3, box.y + box.height * 0.7);
        await visitor.rest();
        assert.notEqual(await place(visitor), before, 'the small map moves nothing');
        assert.equal(await visitor.chips(), 0);
        await visitor.picture(`mini-${visitor === a ? 'desktop' : 'phone'}`);
      }
    });
  },

  'on a slow link a hall comes once, says how far it is, and its name is there before it': async (world) => {
    const performance = await create(world, large, '--name', 'Far away', '--open');
    await visit(world, [{ ...phone, locale: 'en-GB' }], async (a) => {
      const network = await a.context.newCDPSession(a.page);
      await a.page.goto(a.url); // what the page itself loads is no part of this
      await a.page.waitForSelector('.date');
      await network.send('Network.enable');
      await network.send('Network.emulateNetworkConditions', { offline: false, latency: 300, downloadThroughput: 60_000, uploadThroughput: 60_000 });
      let asked = 0;
      a.page.on('request', (request) => {
        if (request.url().includes('GetSeatMap')) asked++;
      });
      await a.page.evaluate(() => {
        globalThis.told = [];
        new MutationObserver(() => {
          const size = / (\d+) kB/.exec(document.querySelector('.map .loading')?.textContent ?? '');
          if (size) globalThis.told.push(Number(size[1]));
          globalThis.named ??= document.querySelector('.panel h1') && !document.querySelector('.map-face') ? 'before' : null;
        }).observe(document.body, { childList: true, subtree: true, characterData: true });
      });
      await a.page.click(`[data-performance="${performance}"]`);
      await a.live();
      const { told, named } = await a.page.evaluate(() => ({ told: globalThis.told, named: globalThis.named }));
      assert.equal(named, 'before');
      assert.equal(asked, 1, 'the hall was asked for again');
      assert.ok(new Set(told).size >= 2, `it told ${told}`);
      assert.deepEqual(told, told.toSorted((one, other) => one - other), 'it began anew');
    });
  },

  'what cannot be had is left out where one asks for it': (world) =>
    visit(world, [desktop, desktop], async (a, b) => {
      await b.openHall();
      await b.live();
      const { seats } = await holdBest(b, 1);
      await a.openHall();
      await a.live();
      await a.page.waitForFunction(() => Number(document.querySelector('.map-face').dataset.held) > 0);
      await a.key('ArrowDown');
      const points = () =>
        a.page.evaluate(() => {
          const canvas = document.querySelector('.map-face canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let sum = 0;
          for (let i = 0; i < data.length; i++) sum = (sum * 31 + data[i]) >>> 0;
          return sum;
        });
      await a.key('Escape');
      await a.key('0');
      const whole = await points();
      await a.press('bare');
      await a.rest();
      assert.notEqual(await points(), whole);
      assert.equal(await a.page.getAttribute('[data-action=bare]', 'aria-pressed'), 'true');
      await a.isAccessible('only what is free');
      await a.press('bare');
      await a.rest();
      assert.equal(await points(), whole);
      assert.equal(seats.length, 1);
      await release(b);
    }),

  'a finger is told what it chose at the edge of the map: place, price and what is seen from there': (world) =>
    visit(world, [{ ...phone, locale: 'en-GB' }], async (a) => {
      await a.openHall();
      await a.live();
      const box = await a.page.locator('.map-face').boundingBox();
      const tap = async (x, y) => {
        await a.page.waitForTimeout(310); // two at once would be a double tap
        await a.page.touchscreen.tap(box.x + x, box.y + y);
        await a.rest();
      };
      await tap(box.width * 0.5, box.height * 0.75);
      for (let n = 0; n < 4 && (await cell(a)) < 15; n++) await tap(box.width / 2, box.height / 2);
      for (let n = 0; n < 40 && (await a.chips()) === 0; n++) {
        await tap(box.width * (0.2 + (n % 7) * 0.1), box.height * (0.3 + (n % 5) * 0.1));
      }
      assert.ok((await a.chips()) > 0);
      const sheet = a.page.locator('.tip-sheet');
      await sheet.locator('.tip-body').waitFor();
      assert.match(await sheet.textContent(), /row .*seat .*₩.*(near|middle|far)/);
      const { x, width } = await a.page.locator('.tip-sheet .tip-body').boundingBox();
      assert.ok(x >= box.x && x + width <= box.x + box.width);
      await a.isAccessible('a sheet');
      await a.picture('sheet-phone');
    }),

  'a hundred thousand seats are drawn soon after they are known, and the view moves without a halt': async (world) => {
    const performance = await create(world, ['--capacity', '100000'], '--name', 'Hundred thousand', '--open');
    await visit(world, [desktop], async (a) => {
      await a.openHall(performance);
      await a.live();
      const first = await a.page.evaluate(() => globalThis.performance.getEntriesByName('usher:first-draw')[0].duration);
      const box = await a.page.locator('.map-face').boundingBox();
      const slow = [];
      const median = [];
      const late = []; // of a piece of work that is always the same: what else the machine does
      for (let step = 0; step < 4; step++) {
        const times = await a.page.evaluate(async () => {
          const face = document.querySelector('.map-face');
          const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
          const { left, top, width, height } = face.getBoundingClientRect();
          const at = (type, x, y) =>
            face.dispatchEvent(
              new PointerEvent(type, { pointerId: 1, pointerType: 'mouse', clientX: left + x, clientY: top + y, bubbles: true }),
            );
          face.setPointerCapture = () => {};
          const found = { drawn: [], bare: [], sum: 0 };
          at('pointerdown', width / 2, height / 2);
          for (let n = 1; n <= 120; n++) {
            at('pointermove', width / 2 + Math.sin(n / 8) * 160, height / 2 + Math.cos(n / 11) * 120);
            await frame();
            found.drawn.push(Number(face.dataset.draw));
            const begun = performance.now();
            for (let k = 0; k < 1_000_000; k++) found.sum += Math.sqrt(k);
            found.bare.push(performance.now() - begun);
          }
          at('pointerup', width / 2, height / 2);
          return found;
        });
        for (const list of [times.drawn, times.bare]) list.sort((one, two) => one - two);
        const at99 = Math.ceil(times.drawn.length * 0.99) - 1;
        slow.push(times.drawn[at99]);
        late.push(times.bare[at99] - times.bare[0]);
        median.push(times.drawn[times.drawn.length / 2]);
        await a.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        await a.page.locator('.map-zoom button').first().click();
        await a.page.locator('.map-zoom button').first().click();
        await a.rest();
      }
      const said = (list) => list.map((ms) => ms.toFixed(0)).join(', ');
      console.log(`   first draw ${first.toFixed(0)} ms; p99 of a frame that moves, by zoom: ${said(slow)} ms; median ${said(median)}; late by ${said(late)}`);
      // Wanted are 200 and 33 ms on two free cores; what a machine is late by is not the page's.
      assert.ok(first <= 600, `the first picture took ${first} ms`);
      slow.forEach((ms, zoom) => assert.ok(ms <= 33 + 4 * late[zoom], `frames took ${said(slow)} ms, late by ${said(late)}`));
      assert.ok(Math.max(...median) <= 66, `frames took ${said(median)} ms`);
    });
  },

  'taking seats does not move the view': (world) =>
    visit(world, [desktop, phone], async (a, b) => {
      for (const visitor of [a, b]) {
        await visitor.openHall();
        await visitor.live();
        await visitor.key('ArrowDown');
        await visitor.key('Enter');
        await visitor.page.waitForSelector('.chip');
        await visitor.rest();
        const before = await place(visitor);
        await visitor.press('hold');
        await visitor.page.waitForSelector('.held');
        await visitor.rest();
        assert.equal(await place(visitor), before);
        await release(visitor);
      }
      // Seats that were found without the map are brought into sight only if they are not.
      await a.page.locator('.map-zoom button').last().click();
      await a.rest();
      const home = await place(a);
      await holdBest(a, 2);
      await a.rest();
      assert.equal(await place(a), home);
      await release(a);
    }),

  'the zoom buttons count as zooming': (world) =>
    visit(world, [{ ...phone, viewport: { width: 360, height: 640 } }], async (a) => {
      await a.openHall();
      await a.live();
      await a.page.waitForSelector('.map-hint:not(.gone)');
      await a.page.locator('.map-zoom button').first().click();
      await a.page.waitForSelector('.map-hint.gone', { state: 'attached' });
    }),

  'sections have their names at every size, and rows their letters once': async (world) => {
    const hall = ['--capacity', '1500', '--sections', '6'];
    const performance = await create(world, hall, '--name', 'Names', '--open');
    for (const viewport of [
      { width: 1024, height: 700 },
      { width: 1920, height: 1080 },
      { width: 2560, height: 1440 },
    ]) {
      await visit(world, [{ ...desktop, viewport }], async (a) => {
        await watchWriting(a);
        await a.openHall(performance);
        await a.live();
        const all = await writing(a);
        await a.picture(`names-${viewport.width}`);
        const size = await cell(a);
        const sections = new Set(all.map(({ text }) => text).filter((text) => /^\d{3}$|^[A-Z][a-z]/.test(text)));
        assert.ok(sections.size >= 6, `${viewport.width}: ${[...sections]} at ${size} px a seat`);
        for (const one of all) {
          if (!/^([A-Z]{1,2}|\d{1,2})$/.test(one.text)) continue;
          const twin = all.find(
            (other) =>
              other !== one && other.text === one.text && Math.hypot(other.x - one.x, other.y - one.y) < size * 3,
          );
          assert.ok(!twin || size < 13, `${viewport.width}: ${one.text} stands twice in an aisle`);
        }
      });
    }
  },

  'what comes next is first, each event with a poster': async (world) => {
    const performance = await create(world, ['--capacity', '500'], '--name', 'Tomorrow', '--starts-at', '+1d', '--open');
    await create(world, ['--capacity', '500'], '--name', 'Next year', '--starts-at', '+300d', '--open');
    await visit(world, [desktop], async (a) => {
      await a.page.goto(a.url);
      await a.page.waitForSelector(`[data-performance="${performance}"]`);
      const titles = await a.page.locator('.event h2').allTextContents();
      assert.ok(titles.indexOf('Tomorrow') < titles.indexOf('Next year'), titles.join(', '));
      const poster = a.page.locator(`.event:has([data-performance="${performance}"]) .poster`);
      const { width, height } = await poster.boundingBox();
      assert.ok(Math.abs(width / height - 0.75) < 0.01, `a poster of ${width} × ${height}`);
      await a.picture('home-posters');
    });
  },

  'a performance that has started sells nothing, and says so': async (world) => {
    const performance = await create(
      world, ['--capacity', '500'], '--name', 'Curtain', '--starts-at', '+4s', '--open',
    );
    await visit(world, [desktop], async (a) => {
      await a.openHall(performance);
      await a.live();
      await a.page.waitForSelector('.panel .notice:has-text("has started")');
      assert.ok(await a.page.isDisabled('[data-action=best]'));
      assert.match(await a.page.textContent('.panel-head .state'), /Started/);
      await a.page.goto(a.url);
      await a.page.waitForSelector('.date');
      assert.equal(await a.page.locator(`[data-performance="${performance}"]`).count(), 0, 'it is in the archive');
      await a.page.click('.home-more a');
      await a.page.waitForURL(/\/past$/);
      await a.page.waitForSelector(`[data-performance="${performance}"] .date-look`);
      assert.match(await a.page.textContent(`[data-performance="${performance}"]`), /Started/);
    });
  },

  'paper is always white, and forced colours leave the legend its own': (world) =>
    visit(world, [{ ...desktop, colorScheme: 'dark' }], async (a) => {
      const ground = () => a.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      await a.openHall();
      await a.live();
      assert.notEqual(await ground(), 'rgb(255, 255, 255)');
      await a.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      assert.equal(await ground(), 'rgb(255, 255, 255)');
      await a.page.emulateMedia({ media: 'screen', forcedColors: 'active' });
      const dots = await a.page.$$eval('.legend .dot', (all) => all.map((dot) => getComputedStyle(dot).backgroundColor));
      assert.ok(dots.length > 1 && new Set(dots).size === dots.length, dots.join(', '));
      await a.rest();
      const canvas = await a.page.locator('.map-face').boundingBox();
      assert.match(await a.colourAt(canvas.x + 3, canvas.y + canvas.height / 2), /^(0 0 0|255 255 255) /, 'the ground of the system');
      await a.picture('hall-forced-colours');
    }),

  'an address that is none is answered with 404, and a page with 200': async (world) => {
    for (const [path, status] of [
      ['/', 200], ['/p/1', 200], ['/orders', 200], ['/orders/0123', 200],
      ['/no/such/page', 404], ['/p/x', 404], ['/p/1/2', 404],
    ]) {
      assert.equal((await fetch(world.url + path)).status, status, path);
    }
  },
};
