// What is said aloud to those who listen to the page instead of looking at it.

import { signal } from '@preact/signals';

export const announcement = signal('');

let odd = false;

export function announce(text: string): void {
  // The same words twice are two announcements; a trailing no-break space makes them differ.
  odd = !odd;
  announcement.value = odd ? text : `${text}\u00a0`;
}
