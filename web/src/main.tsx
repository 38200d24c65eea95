import { effect } from '@preact/signals';
import { render } from 'preact';
import './style/ground.css';
import './style/parts.css';
import './style/home.css';
import './style/sale.css';
import { language } from './i18n/words';
import { App } from './pages/app';
import { startRouting } from './state/route';
import { storage } from './state/storage';

const face_after_ms = 1_000; // what people came for has the network until then

new Worker(new URL('./warm.ts', import.meta.url), { type: 'module' });
startRouting();
effect(() => {
  document.documentElement.lang = language.value;
});
// In a task of its own: on a slow phone a finger waits for the longest one, and the script that has just been read was long.
const root = document.getElementById('app');
if (root) setTimeout(() => render(<App />, root));
setTimeout(() => import('./face'), storage.getItem('usher.face') ? 0 : face_after_ms);
