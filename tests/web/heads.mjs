// What a search engine, or a messenger that shows a preview, reads of a page without running it: asked by curl.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startServer } from './server.mjs';
import { create } from './steps.mjs';
import { desktop, Visitor } from './visitor.mjs';

const run = promisify(execFile);

async function curl(url, ...words) {
  const { stdout } = await run('curl', ['-sS', '-i', ...words, url]);
  const [head, ...rest] = stdout.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body: rest.join('\r\n\r\n') };
}

/** The content of the meta element of that name. */
const meta = (body, name) => body.match(new RegExp(`<meta (?:name|property)="${name}" content="([^"]*)"`))?.[1];

const evil = 'Cats </title></script><img src=x onerror="alert(1)"> & \'Dogs\'';
const site = 'https://tickets.example.org';

export const heads = {
  'each page has a head of its own, before any script runs': async ({ browser, binary, pictures }) => {
    const server = await startServer(
      binary, '--public-url', site, '--terms-url', 'https://example.org/terms', '--privacy-url',
      'https://example.org/privacy', '--help-url', 'mailto:help@example.org', '--site-seller', 'Seats <Ltd>, Reg. 123',
    );
    try {
      const { url } = server;
      const home = await curl(`${url}/`);
      assert.equal(home.status, 200);
      assert.match(home.body, /<title>Usher<\/title>/);
      assert.match(home.body, new RegExp(`<link rel="canonical" href="${site}/" />`));
      assert.equal(meta(home.body, 'og:url'), `${site}/`);
      assert.equal(meta(home.body, 'seller'), 'Seats &lt;Ltd&gt;, Reg. 123');
      assert.equal(meta(home.body, 'robots'), undefined);
      assert.match(home.body, /rel="manifest"/);
      assert.match(home.body, /rel="icon"/);
      assert.equal((await curl(`${url}/`, '-I')).body, '');
      const tag = home.head.match(/etag: (\S+)/)[1];
      assert.equal((await curl(`${url}/`, '-H', `if-none-match: ${tag}`)).status, 304);
      assert.equal((await curl(`${url}/e/1`, '-H', `if-none-match: ${tag}`)).status, 200);

      const words = ['--description', 'One night\nonly', '--starts-at', '+9d', '--open'];
      const id = await create(server, ['--capacity', '500'], '--name', evil, ...words);
      const performance = await curl(`${url}/p/${id}`);
      assert.equal(performance.status, 200);
      const told = 'Cats &lt;/title&gt;&lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;Dogs&#39;';
      assert.equal(performance.body.match(/<title>([^]*?)<\/title>/)[1], `${told} · Usher`);
      assert.equal(meta(performance.body, 'og:title'), told);
      assert.equal(meta(performance.body, 'description'), 'One night only');
      assert.match(performance.body, new RegExp(`rel="canonical" href="${site}/p/${id}"`));
      const [data] = JSON.parse(performance.body.match(/<script type="application\/ld\+json">(.*?)<\/script>/)[1]);
      assert.equal(data['@type'], 'Event');
      assert.equal(data.name, evil);
      assert.match(data.startDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
      assert.equal(data.offers.lowPrice, '12.50');
      assert.equal(data.offers.url, `${site}/p/${id}`);
      assert.match((await curl(`${url}/p/${id}`, '-I')).head, /200 ok/);
      assert.equal((await curl(`${url}/p/${id}`, '-X', 'POST', '-d', '')).status, 405);

      const { hallId } = await server.usher('hall', 'generate', '--capacity', '500', '--json');
      const draft = ['event', 'create', '--hall', hallId, '--prices', '1250', '--name', 'Secret', '--json'];
      const { performanceId: hidden } = await server.usher(...draft);
      for (const path of ['/e/999', '/p/999', '/p/0', '/p/1/2', '/e/x', '/nothing', `/p/${hidden}`]) {
        const none = await curl(url + path);
        assert.equal(none.status, 404, path);
        assert.equal(meta(none.body, 'robots'), 'noindex', path);
        assert.ok(!none.body.includes('Secret'));
      }
      const own = await curl(`${url}/orders/1`);
      assert.equal(own.status, 200);
      assert.equal(meta(own.body, 'robots'), 'noindex');

      const there = '110 Sejong-daero & <Jung-gu>';
      await server.operate('TicketService/UpdatePerformance', { performanceId: id, venueAddress: there, gate: '3' });
      const [placed] = JSON.parse((await curl(`${url}/p/${id}`)).body.match(/<script type="application\/ld\+json">(.*?)<\/script>/)[1]);
      assert.equal(placed.location.address, there);

      const a = await Visitor.arrive(browser, url, desktop, pictures);
      await a.page.goto(url);
      await a.page.click(`.event:has-text("Cats") a[href^="/e/"]`);
      await a.page.waitForSelector('.event-venue a');
      assert.match(await a.page.textContent('.event-venue'), /110 Sejong-daero & <Jung-gu>/);
      const map = new URL(await a.page.getAttribute('.event-venue a', 'href'));
      assert.ok([...map.searchParams.values()].includes(there), String(map));
      assert.match(await a.page.textContent('.event-doors'), /Gate 3/);
      await a.isAccessible('an event with an address');
      await a.page.goto(`${url}/p/${id}`);
      await a.page.waitForSelector('.map-face');
      assert.equal(await a.page.title(), `${evil} · Usher`);
      await a.page.goto(`${url}/`);
      await a.page.waitForSelector('.date');
      const foot = await a.page.$$eval('.site-foot a', (all) => all.map(({ href }) => href));
      assert.deepEqual(foot, ['https://example.org/terms', 'https://example.org/privacy', 'mailto:help@example.org']);
      assert.match(await a.page.textContent('.site-foot'), /Seats <Ltd>, Reg. 123/);
      await a.isAccessible('a page with a foot');
      assert.deepEqual(a.errors, []);
      await a.leave();
    } finally {
      await server.stop();
    }
  },
};
