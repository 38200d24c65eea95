// The words of the page in the reader's language.

import { computed, signal } from '@preact/signals';
import { shelf } from '../state/shelf';
import { en, type Words } from './en';
import { ko } from './ko';

export type Language = 'en' | 'ko';

const shelf_key = 'usher.language';

export function preferred(kept: string | null, wished: readonly string[]): Language {
  if (kept === 'en' || kept === 'ko') return kept;
  for (const tag of wished) {
    const language = tag.toLowerCase().split('-')[0];
    if (language === 'en' || language === 'ko') return language;
  }
  return 'en';
}

export const language = signal<Language>(
  preferred(
    shelf.getItem(shelf_key),
    typeof navigator === 'undefined' ? [] : (navigator.languages ?? [navigator.language]),
  ),
);

export const words = computed<Words>(() => (language.value === 'ko' ? ko : en));

export function speak(next: Language): void {
  language.value = next;
  shelf.setItem(shelf_key, next);
}
