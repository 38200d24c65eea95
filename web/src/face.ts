// The page's own font. Who comes for the first time is shown the system's; ours is loaded meanwhile, once what he came for has
// the network, and is put on with the next page: no text moves under his eyes. From then on it is in the browser's cache, and on from
// the start. On a slow network, or where data are dear, the system's font does.

import { effect } from '@preact/signals';
import { language } from './i18n/words';
import { route } from './state/route';
import { storage } from './state/storage';

interface Network {
  effectiveType?: string;
  saveData?: boolean;
}

const { connection } = navigator as Navigator & { connection?: Network }; // Chromium alone tells it
const plenty = !connection?.saveData && (connection?.effectiveType ?? '4g') === '4g';
const made = (url: URL, unicodeRange: string) =>
  new FontFace('Usher Sans', `url(${url.href})`, {
    weight: '400 800',
    unicodeRange,
    display: 'swap',
  });

async function put() {
  const latin = made(
    new URL('./gen/fonts/latin.woff2', import.meta.url),
    'U+20-FF,U+2010-20AC,U+2192,U+2212',
  );
  // In another language it is loaded by the browser, when such a letter stands on the page.
  const korean = made(new URL('./gen/fonts/korean.woff2', import.meta.url), 'U+AC00-D7A3');
  const puts = () => {
    for (const face of [latin, korean]) document.fonts.add(face);
  };
  if (storage.getItem('usher.face')) {
    puts();
    return;
  }
  await Promise.all(
    (language.value === 'ko' ? [latin, korean] : [latin]).map((face) => face.load()),
  );
  storage.setItem('usher.face', '1');
  const first = route.value;
  const stop = effect(() => {
    if (route.value === first) return;
    puts();
    queueMicrotask(() => stop());
  });
}

if (plenty) put().catch(() => {}); // offline: the system's font stays
