// The words of the page in the reader's language.

import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { storage } from '../state/storage';
import { en, type Words } from './en';
import { ko } from './ko';

export type Language = 'en' | 'ko';

const wishes = (): readonly string[] =>
  typeof navigator === 'undefined' ? [] : (navigator.languages ?? [navigator.language]);

const storage_key = 'usher.language';

export function preferred(kept: string | null, wished: readonly string[]): Language {
  if (kept === 'en' || kept === 'ko') return kept;
  for (const tag of wished) {
    const language = tag.toLowerCase().split('-')[0];
    if (language === 'en' || language === 'ko') return language;
  }
  return 'en';
}

/** How numbers and dates are written: as the reader's own country does, where it speaks the language. */
export function localeOf(spoken: Language, wished: readonly string[] = wishes()): string {
  const own = wished.find((tag) => new RegExp(`^${spoken}-`, 'i').test(tag));
  return own ?? (spoken === 'ko' ? 'ko-KR' : 'en-GB');
}

export const language = signal<Language>(preferred(storage.getItem(storage_key), wishes()));

export const words = /*@__PURE__*/ computed<Words>(() => (language.value === 'ko' ? ko : en));

/** The words of a page that is loaded apart, of which nobody else speaks. */
export function spoken<T>(en: T, ko: T): ReadonlySignal<T> {
  return computed(() => (language.value === 'ko' ? ko : en));
}

export function speak(next: Language): void {
  language.value = next;
  storage.setItem(storage_key, next);
}
