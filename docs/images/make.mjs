// The pictures of README.md, from a demo on-sale with a crowd in it:
//   npm ci --prefix tests/web && node docs/images/make.mjs build/usher
// Afterwards: pngquant 80 --nofs --ext .png --force docs/images/*.png

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../tests/web/server.mjs';
import { create, freeSeat, holdBest } from '../../tests/web/steps.mjs';
import { desktop, openBrowser, phone, Visitor } from '../../tests/web/visitor.mjs';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'usher-images-'));
const server = await startServer(process.argv[2]);
const browser = await openBrowser();
const picture = (page, name, more) => page.screenshot({ path: join(here, `${name}.png`), ...more });
const report = join(folder, 'report.html');
const arrive = async (options) => {
  const fan = await Visitor.arrive(browser, server.url, options, here);
  await fan.page.addInitScript(() => localStorage.setItem('usher.face', '1')); // the page's own font from the start
  return fan;
};
const crowd = (...words) => server.usher('stampede', '--abandon', '0.3', ...words);

await crowd('--users', '300', '--within', '1s', '--seats', 'best', '--party', '1-4');
const fans = [
  await arrive({ ...desktop, viewport: { width: 1200, height: 750 } }),
  await arrive({ ...phone, locale: 'en-GB', deviceScaleFactor: 1 }),
];
const rush = crowd('--users', '400', '--within', '2s', '--seats', 'random', '--party', '1-3');
for (const fan of fans) {
  await fan.openHall();
  await fan.live();
  await freeSeat(fan);
  await fan.key('Enter');
  await freeSeat(fan, 'ArrowLeft');
  await fan.key('Enter');
  await fan.key('Escape');
  await fan.key('0');
  await fan.page.evaluate(() => document.activeElement.blur());
}
await rush;
await picture(fans[0].page, 'on-sale');
await picture(fans[1].page, 'on-sale-phone');

// A fan's way: the line, paying with test money, the tickets.
const fan = await arrive({ ...phone, locale: 'en-GB', deviceScaleFactor: 1, viewport: { width: 390, height: 780 } });
const second = await create(server, ['--capacity', '2000'], '--name', 'Second Night', '--currency', 'KRW', '--open');
const { saleId } = await server.usher(
  'sale', 'create', '--name', 'Second Night', '--performances', second, '--guests',
  '--capacity-min', 5, '--capacity-max', 5, '--claim', '4s', '--json',
);
for (let n = 0; n < 60; n++) await server.join(saleId);
await fan.page.goto(`${server.url}/line/${saleId}`);
await fan.press('join');
await fan.page.waitForSelector('.line[data-standing=WAITING]');
await fan.page.waitForFunction(() => Number(document.querySelector('[role=progressbar]').ariaValueNow) > 25);
await picture(fan.page, 'line-phone');
await fan.openHall();
await fan.live();
await holdBest(fan, 2);
await fan.press('order');
await fan.page.waitForSelector('.pay-form');
await fan.page.fill('[name=name]', 'A fan');
await fan.page.fill('[name=email]', 'fan@example.org');
await fan.page.check('[name=terms]');
await fan.page.locator('.pay-ways').scrollIntoViewIfNeeded();
await picture(fan.page, 'pay-phone');
await fan.press('pay');
await fan.page.click('button[name=choice][value=pay]');
await fan.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
await fan.page.waitForSelector('.top-clock', { state: 'detached' });
await fan.page.locator('.qr').first().scrollIntoViewIfNeeded();
await picture(fan.page, 'tickets-phone');

await server.usher('stampede', '--users', '1000', '--within', '100ms', '--seats', 'hot:10', '--html', report);
const reader = await browser.newPage({ viewport: { width: 1000, height: 1170 } });
await reader.goto(`file://${report}`);
await picture(reader, 'stampede');

await browser.close();
await server.stop();
rmSync(folder, { recursive: true });
