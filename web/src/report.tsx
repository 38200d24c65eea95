// The page of `usher stampede --html`: one file with its figures inside.

import { effect } from '@preact/signals';
import { render } from 'preact';
import './style/ground.css';
import './style/chart.css';
import './style/stampede.css';
import { language } from './i18n/words';
import { Stampede } from './pages/stampede';
import { readFigures } from './state/figures';

effect(() => {
  document.documentElement.lang = language.value;
});
const figures = readFigures(document.getElementById('figures')?.textContent ?? '');
const root = document.getElementById('report');
if (root) render(<Stampede figures={figures} />, root);
