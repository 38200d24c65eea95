import { signal } from '@preact/signals';

const query = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)');

export const isDark = signal(query?.matches ?? false);

query?.addEventListener('change', ({ matches }) => {
  isDark.value = matches;
});

const motion =
  typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-reduced-motion: reduce)');

export const wantsCalm = () => motion?.matches ?? false;
