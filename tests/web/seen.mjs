// Whether the pages look as they did: node seen.mjs [--binary build/usher] [--pictures DIR] [--renew] [--only PATTERN]
//
// Each page is looked at as from across the room: a picture becomes squares of 26 or 32 pixels, each the mean of its colours, at 16
// levels. They are kept in looks.txt, a line a page. A page of which more than one square in a hundred is two levels off looks
// different: whoever changed it looks at the picture (in --pictures), runs this with --renew, and commits the new line, so that every
// change of looks stands in its commit. Squares and levels are coarse so that letters of another renderer, a clock or an order's
// number are no change; what is finer, `make looks BASE=HEAD~1` shows pixel by pixel.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startServer } from './server.mjs';
import { keyOf, pose, programme, shots, site } from './shots.mjs';
import { openBrowser, Visitor } from './visitor.mjs';

const { values } = parseArgs({
  options: {
    binary: { type: 'string', default: '../../build/usher' },
    pictures: { type: 'string', default: '../../build/seen' },
    renew: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const file = join(dirname(fileURLToPath(import.meta.url)), 'looks.txt');
const off_max = 0.01; // of the squares of a page
const level_off = 2;

const calm = { reducedMotion: 'reduce', timezoneId: 'Asia/Seoul' };
const hand = { name: 'hand', square: 26, viewport: { width: 390, height: 844 }, locale: 'en-GB', isMobile: true, hasTouch: true, ...calm };
const desk = { name: 'desk', square: 32, viewport: { width: 1280, height: 800 }, locale: 'ko-KR', colorScheme: 'dark', ...calm };
const both = new Set(['home', 'nights', 'hall', 'order']);
const ofHouse = /^(organiser|till|door|operator)/;
// Not here: the waiting line moves while it is looked at, and a list of orders has one or more.
const skipped = new Set(['line', 'orders', 'operator']);

/** The squares of a picture, two signs each. */
const squaresOf = (page, picture, square) =>
  page.evaluate(
    async ([data, square]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const { data: dots } = context.getImageData(0, 0, image.width, image.height);
      const signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      let told = '';
      for (let top = 0; top + square <= image.height; top += square) {
        for (let left = 0; left + square <= image.width; left += square) {
          const sum = [0, 0, 0];
          for (let y = top; y < top + square; y++) {
            for (let x = left; x < left + square; x++) {
              for (let c = 0; c < 3; c++) sum[c] += dots[(y * image.width + x) * 4 + c];
            }
          }
          const [red, green, blue] = sum.map((one) => Math.round((one / square / square / 255) * 15));
          const level = (red << 8) | (green << 4) | blue;
          told += signs[level >> 6] + signs[level & 63];
        }
      }
      return told;
    },
    [picture.toString('base64'), square],
  );

const signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const levelsOf = (told) =>
  Array.from({ length: told.length / 2 }, (_, n) => {
    const level = (signs.indexOf(told[2 * n]) << 6) | signs.indexOf(told[2 * n + 1]);
    return [level >> 8, (level >> 4) & 15, level & 15];
  });

/** The share of squares that look different. */
function difference(one, other) {
  const [a, b] = [levelsOf(one), levelsOf(other ?? '')];
  if (a.length !== b.length) return 1;
  return a.filter((color, n) => color.some((level, c) => Math.abs(level - b[n][c]) >= level_off)).length / a.length;
}

const known = new Map();
let by = '';
for (const line of readFileSync(file, { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean)) {
  const [name, told] = line.split(' ');
  if (name === '#') by = line;
  else known.set(name, told);
}

mkdirSync(values.pictures, { recursive: true });
const server = await startServer(values.binary, ...site);
const browser = await openBrowser();
let passed = 0;
let failed = 0;
try {
  const what = { ...(await programme(server)), key: keyOf(server) };
  for (const { name: screen, square, ...options } of [hand, desk]) {
    const fan = await Visitor.arrive(browser, server.url, options, values.pictures);
    await fan.page.addInitScript(() => localStorage.setItem('usher.face', '1')); // the page's own font from the start
    for (const one of Object.keys(shots)) {
      const name = `${one}-${screen}`;
      if (skipped.has(one) || (!both.has(one) && ofHouse.test(one) !== (screen === 'desk'))) continue;
      if (!new RegExp(values.only).test(name)) continue;
      try {
        await pose(fan, one, what);
        // A code and a number are new each time.
        await fan.page.evaluate(() => {
          for (const one of document.querySelectorAll('.qr, .order-number dd')) one.style.visibility = 'hidden';
        });
        const picture = await fan.page.screenshot({ path: join(values.pictures, `${name}.png`) });
        const told = await squaresOf(fan.page, picture, square);
        const share = difference(told, known.get(name));
        if (values.renew && share > 0) known.set(name, told);
        const good = values.renew || share <= off_max;
        if (good) passed++;
        else failed++;
        console.log(`${good ? 'ok' : 'not ok'} ${name}: ${(share * 100).toFixed(1)} % looks different`);
      } catch (error) {
        failed++;
        console.log(`not ok ${name}: ${String(error).split('\n')[0]}`);
      }
    }
    await fan.leave();
  }
  if (values.renew) {
    const lines = [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, told]) => `${name} ${told}`);
    writeFileSync(file, `# Made by seen.mjs --renew, with Chromium ${browser.version()}.\n${lines.join('\n')}\n`);
  } else if (failed > 0) {
    console.log(`   | see ${values.pictures}; if it is meant: node seen.mjs --renew. ${by.slice(2)} This is ${browser.version()}.`);
  }
} finally {
  await browser.close();
  await server.stop();
}
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
