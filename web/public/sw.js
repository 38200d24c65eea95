// Keeps the page and what it loaded once an order was looked at, so that tickets open without a network: at the door.
// What is kept is one whole set, named by the page; a new set takes the place of the old one at once.

const page_cache = 'usher-page';
const patience_ms = 4000;

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', (event) => {
  const { keep } = event.data ?? {};
  if (!Array.isArray(keep)) return;
  const done = keepAll(keep).then(
    () => event.source?.postMessage({ kept: keep.length }),
    () => {}, // offline meanwhile: the old set stays
  );
  event.waitUntil(done);
});

async function keepAll(addresses) {
  const found = await Promise.all(
    ['/', ...addresses].map(async (address) => {
      const answer = await fetch(address, { cache: address === '/' ? 'no-cache' : 'default' });
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      // Whole, before anything kept gives way: a network that goes away now takes nothing with it.
      return [address, new Response(await answer.blob(), { headers: answer.headers })];
    }),
  );
  const cache = await caches.open(page_cache);
  // The page itself last: where it is kept, all that it names is too.
  for (const [address, answer] of found.reverse()) await cache.put(address, answer);
  const wanted = new Set(found.map(([address]) => new URL(address, self.location.origin).href));
  for (const request of await cache.keys()) {
    if (!wanted.has(request.url)) await cache.delete(request);
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (pathname.startsWith('/assets/')) event.respondWith(asset(request));
});

/** The page as the server has it; as it was kept, where the server is not to be had. */
async function page(request) {
  const kept = await caches.match('/');
  if (!kept) return fetch(request);
  const late = new Promise((_, reject) => setTimeout(reject, patience_ms));
  try {
    return await Promise.race([fetch(request), late]);
  } catch {
    return kept;
  }
}

/** Named by its content: what is kept is what the server would give. */
const asset = async (request) => (await caches.match(request)) ?? fetch(request);
