import { effect } from '@preact/signals';
import { render } from 'preact';
import './style/ground.css';
import './style/parts.css';
import './style/home.css';
import './style/sale.css';
import './style/orders.css';
import { language } from './i18n/words';
import { App } from './pages/app';
import { startRouting } from './state/route';

startRouting();
effect(() => {
  document.documentElement.lang = language.value;
});
const root = document.getElementById('app');
if (root) render(<App />, root);
