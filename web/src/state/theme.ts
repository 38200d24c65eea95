import { signal } from '@preact/signals';

const query = typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-color-scheme: dark)');

export const isDark = signal(query?.matches ?? false);

query?.addEventListener('change', ({ matches }) => {
  isDark.value = matches;
});

const motion =
  typeof matchMedia === 'undefined' ? null : matchMedia('(prefers-reduced-motion: reduce)');

export const wantsCalm = () => motion?.matches ?? false;

const forced = typeof matchMedia === 'undefined' ? null : matchMedia('(forced-colors: active)');

/** Whether the system puts colours of the reader's own in place of ours. */
export const isForced = signal(forced?.matches ?? false);

forced?.addEventListener('change', ({ matches }) => {
  isForced.value = matches;
});

/** A colour of the system ("Canvas", "GrayText") as it is now: red, green, blue. */
export function systemColor(name: string): [number, number, number] {
  const probe = document.createElement('span');
  probe.style.color = name;
  document.body.append(probe);
  const [r = 0, g = 0, b = 0] =
    getComputedStyle(probe)
      .color.match(/[\d.]+/g)
      ?.map(Number) ?? [];
  probe.remove();
  return [r, g, b];
}
