// Pictures of every page, to look at and to compare with those of the commit before:
//   node looks.mjs [--binary build/usher] [--out DIR] [--only PATTERN] [--than DIR]
//
// With --than it compares with the pictures of an earlier run by the same Chromium, prints how much of each differs, and
// ends with 1 where one differs by more than a hundredth, or is missing. Moments and numbers that are never the same
// (clocks, order numbers, codes) are hidden by a style sheet.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from './server.mjs';
import { keyOf, pose, programme, shots, site } from './shots.mjs';
import { openBrowser, Visitor } from './visitor.mjs';

const { values } = parseArgs({
  options: {
    binary: { type: 'string', default: '../../build/usher' },
    out: { type: 'string', default: '../../build/looks' },
    only: { type: 'string', default: '' },
    than: { type: 'string' },
  },
});

const screens = [
  { name: '360', viewport: { width: 360, height: 740 }, locale: 'ko-KR', isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  { name: '390', viewport: { width: 390, height: 844 }, locale: 'en-GB', isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  { name: 'side', viewport: { width: 844, height: 390 }, locale: 'ko-KR', isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  { name: '768', viewport: { width: 768, height: 1024 }, locale: 'ko-KR', hasTouch: true },
  { name: '1280', viewport: { width: 1280, height: 800 }, locale: 'en-GB' },
  { name: '1280-dark', viewport: { width: 1280, height: 800 }, locale: 'ko-KR', colorScheme: 'dark' },
  { name: '1920', viewport: { width: 1920, height: 1080 }, locale: 'ko-KR' },
];

const pages = Object.keys(shots);
const wanted = (screen, page) => new RegExp(values.only).test(`${page}-${screen.name}`);

/** How much of two pictures differs, from 0 to 1: counted by the browser, a pixel differs by more than a breath. */
async function difference(page, one, other) {
  const url = (file) => `data:image/png;base64,${readFileSync(file).toString('base64')}`;
  return page.evaluate(
    async (sources) => {
      const [a, b] = await Promise.all(
        sources.map(async (source) => {
          const image = new Image();
          image.src = source;
          await image.decode();
          const canvas = new OffscreenCanvas(image.width, image.height);
          const context = canvas.getContext('2d');
          context.drawImage(image, 0, 0);
          return context.getImageData(0, 0, image.width, image.height);
        }),
      );
      if (a.width !== b.width || a.height !== b.height) return 1;
      let differs = 0;
      for (let i = 0; i < a.data.length; i += 4) {
        const far = Math.abs(a.data[i] - b.data[i]) + Math.abs(a.data[i + 1] - b.data[i + 1]) + Math.abs(a.data[i + 2] - b.data[i + 2]);
        if (far > 24) differs++;
      }
      return differs / (a.data.length / 4);
    },
    [url(one), url(other)],
  );
}

mkdirSync(values.out, { recursive: true });
const server = await startServer(values.binary, ...site);
const browser = await openBrowser();
let taken = 0;
try {
  const what = { ...(await programme(server)), key: keyOf(server) };
  await server.usher('stampede', '--abandon', '0.3', '--users', '200', '--within', '1s', '--seats', 'best', '--party', '1-4');
  for (const screen of screens) {
    const { name, ...options } = screen;
    const fan = await Visitor.arrive(browser, server.url, options, values.out);
    await fan.page.addInitScript(() => localStorage.setItem('usher.face', '1')); // the page's own font from the start
    for (const one of pages) {
      if (!wanted(screen, one)) continue;
      try {
        await pose(fan, one, what);
        const long = !['hall', 'seats', 'chosen', 'held', 'stadium'].includes(one);
        await fan.page.screenshot({ path: join(values.out, `${one}-${name}.png`), fullPage: long });
        taken++;
      } catch (error) {
        console.log(`not ok ${one}-${name}: ${String(error).split('\n')[0]}`);
        process.exitCode = 1;
      }
    }
    await fan.leave();
  }
  if (values.than) {
    const page = await browser.newPage();
    for (const file of readdirSync(values.out).filter((one) => one.endsWith('.png'))) {
      const before = join(values.than, file);
      const share = existsSync(before) ? await difference(page, join(values.out, file), before) : 1;
      if (share > 0) console.log(`${(share * 100).toFixed(2)} % ${file}`);
      if (share > 0.01) process.exitCode = 1;
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
assert.ok(taken > 0, 'no picture was taken');
console.log(`${taken} pictures in ${values.out}`);
