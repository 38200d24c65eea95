// The report of a stampede: one file that opens from a disk, without a server and without a network.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { desktop, Visitor } from './visitor.mjs';
import { create } from './steps.mjs';

const screens = {
  desktop: { ...desktop, colorScheme: 'light' },
  'desktop-dark': { ...desktop, colorScheme: 'dark' },
  phone: { viewport: { width: 360, height: 740 }, locale: 'ko-KR', colorScheme: 'light', isMobile: true },
  'phone-dark': { viewport: { width: 360, height: 740 }, locale: 'en-GB', colorScheme: 'dark', isMobile: true },
};

/** Sends a crowd; gives its figures and the page's path. */
async function stampede(world, folder, name, ...words) {
  const out = join(folder, `${name}.json`);
  const html = join(folder, `${name}.html`);
  const run = promisify(execFile)(world.binary, ['stampede', '--url', world.url, '--out', out, '--html', html, ...words]);
  await run.catch((error) => assert.equal(error.code, 1, error.stderr)); // a claim may be false
  return { figures: JSON.parse(readFileSync(out, 'utf8')), html };
}

/** Opens a file as a double click would; nothing may be asked of any network. */
async function open(world, html, options) {
  const visitor = await Visitor.arrive(world.browser, '', options, world.pictures);
  const asked = [];
  visitor.page.on('request', (request) => asked.push(request.url()));
  await visitor.page.goto(pathToFileURL(html).href);
  await visitor.page.waitForSelector('.report h1');
  visitor.asked = asked.filter((url) => url !== pathToFileURL(html).href && !url.startsWith('data:'));
  return visitor;
}

const number = (text) => Number(text.replace(/[^\d.]/g, ''));
const text = (visitor, selector) => visitor.page.locator(selector).innerText();

async function showsFigures(visitor, figures) {
  const is = async (selector, wanted) => assert.equal(number(await text(visitor, selector)), wanted, selector);
  assert.equal(await visitor.page.getAttribute('.report-verdict', 'data-ok'), String(figures.ok));
  for (const one of figures.verdicts) {
    const state = one.ok ? (one.empty ? 'none' : 'ok') : 'no';
    assert.equal(await visitor.page.getAttribute(`[data-verdict=${one.name}]`, 'data-state'), state);
  }
  await is('[data-figure=sold] dd', figures.seats_sold);
  for (const [outcome, people] of Object.entries(figures.outcomes))
    if (people > 0) await is(`[data-outcome=${outcome}] td`, people);
  for (const [reason, people] of Object.entries(figures.reasons))
    await is(`[data-reason=${reason}] td >> nth=0`, people);
  await is('[data-count=free] td >> nth=0', figures.before.free);
  await is('[data-count=sold] td >> nth=1', figures.after.sold);
  await is('[data-times=hold] td >> nth=0', figures.hold_ms.count);
  if (figures.line) {
    await is('[data-line=rank] dd', Math.abs(Number(figures.line.rank_correlation.toFixed(3))));
    await is('[data-line=overtaken] dd', figures.line.overtaken);
    await is('[data-line=over] dd', figures.line.over_admission);
    assert.equal(await visitor.page.getAttribute('[data-cheats]', 'data-cheats'), String(figures.line.cheats));
  }
  // Drawings draw: each has marks, and the last step of the curve of sales is the sum.
  for (const part of ['heat', 'percentiles', 'arrivals', 'sales'])
    assert.ok((await visitor.page.locator(`[data-part=${part}] .chart path`).count()) > 0, part);
  await visitor.page.click('[data-part=sales] summary');
  await is('[data-part=sales] tbody tr:last-child td:last-child', figures.seats_sold);
}

export const report = {
  'the report of a crowd through a line opens from a disk and shows the figures': async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'usher-report-'));
    try {
      const performance = await create(world, ['--capacity', '500'], '--name', 'Queue <b>&</b> "Seats"');
      await world.usher('sale', 'create', '--name', 'Queue', '--performances', performance, '--guests',
        '--capacity-min', '200');
      const { figures, html } = await stampede(world, folder, 'line', '--performance', performance, '--users', '600',
        '--within', '1s', '--party', '1-4', '--abandon', '0.2', '--cheat');
      assert.ok(figures.line.cheats > 0 && figures.seats_sold > 0);
      // The same figures are in the page, as they are in the file.
      for (const [name, options] of Object.entries(screens)) {
        const visitor = await open(world, html, options);
        try {
          await showsFigures(visitor, figures);
          await visitor.isAccessible(`report ${name}`);
          const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wide <= 0, `${name}: ${wide} px wider than the screen`);
          await visitor.page.screenshot({ path: join(world.pictures, `report-${name}.png`), fullPage: true });
          assert.deepEqual(visitor.asked, [], 'nothing is asked of a network');
          assert.deepEqual(visitor.errors, []);
        } finally {
          await visitor.leave();
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },

  'a report can be read by keys, in the other language, and printed': async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'usher-report-'));
    const performance = await create(world, ['--capacity', '500'], '--name', 'Plain', '--open');
    const { figures, html } = await stampede(world, folder, 'plain', '--performance', performance, '--users', '700',
      '--within', '300ms');
    const visitor = await open(world, html, desktop);
    try {
      const { page } = visitor;
      await showsFigures(visitor, figures);
      assert.equal(await page.locator('[data-part=line]').count(), 0, 'there was no line');
      // The heat map's kinds are one stop of the keyboard; arrows choose.
      await page.focus('.report-choice input:checked');
      const before = await page.locator('[data-part=heat] svg').first().innerHTML();
      await page.keyboard.press('ArrowLeft');
      await page.waitForFunction(
        (old) => document.querySelector('[data-part=heat] svg').innerHTML !== old, before);
      assert.equal(await page.inputValue('.report-choice input:checked'), 'ordered');
      await page.click('[data-action=language]');
      await page.waitForSelector('html[lang=ko] h2:has-text("판정")');
      await visitor.isAccessible('report in Korean');
      await page.emulateMedia({ media: 'print' });
      assert.equal(await page.locator('.report-actions').isVisible(), false);
      const pdf = await page.pdf({ format: 'A4' });
      assert.ok(pdf.length > 10_000);
      assert.deepEqual(visitor.errors, []);
    } finally {
      await visitor.leave();
      rmSync(folder, { recursive: true });
    }
  },

  'a report of nobody says why, and a page without figures says so': async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'usher-report-'));
    const { figures, html } = await stampede(world, folder, 'nobody', '--performance', '9999');
    const empty = join(folder, 'empty.html');
    writeFileSync(empty, readFileSync(html, 'utf8').replace(/(id="figures">)[^<]*/, '$1"usher-figures"'));
    try {
      for (const [file, wanted] of [[html, figures.error], [empty, 'no figures']]) {
        const visitor = await open(world, file, desktop);
        assert.ok((await text(visitor, '.report main')).includes(wanted), wanted);
        await visitor.isAccessible(wanted);
        assert.deepEqual(visitor.asked, []);
        await visitor.leave();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
