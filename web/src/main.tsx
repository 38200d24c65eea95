import { render } from 'preact';
import './style/ground.css';
import './style/parts.css';
import './style/home.css';
import './style/sale.css';
import './style/orders.css';
import { App } from './pages/app';
import { startRouting } from './state/route';

startRouting();
const root = document.getElementById('app');
if (root) render(<App />, root);
