// Where the keyboard is. A button that has done its work goes away, or is disabled while it works; the browser then
// drops the focus, and who has no mouse would begin at the top of the page again, with the clock running.

import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

type Disableable = Element & { disabled?: boolean };

/**
 * Keeps the focus within a part of the page: a control that is disabled gets it back when it can be used again, and
 * for one that is gone the part marked `data-focus` takes it, or else the whole.
 */
export function useKeptFocus(part: RefObject<HTMLElement>): void {
  useEffect(() => {
    const element = part.current;
    if (!element) return;
    let last: Disableable | null = null;
    const gone = () => last !== null && (!last.isConnected || last.disabled === true);
    const into = ({ target }: FocusEvent) => {
      last = target as Disableable;
    };
    const out = () => {
      // Asked once the page is drawn anew: only then can it be told whether it was left or went away.
      queueMicrotask(() => {
        if (!gone() && !element.contains(document.activeElement)) last = null;
      });
    };
    const changes = new MutationObserver(() => {
      if (!last || document.activeElement !== document.body) return;
      if (!last.isConnected) {
        const next = element.querySelector<HTMLElement>('[data-focus]') ?? element;
        next.focus({ preventScroll: true });
      } else if (!last.disabled && last instanceof HTMLElement) last.focus();
    });
    element.addEventListener('focusin', into);
    element.addEventListener('focusout', out);
    changes.observe(element, { childList: true, subtree: true, attributeFilter: ['disabled'] });
    return () => {
      changes.disconnect();
      element.removeEventListener('focusin', into);
      element.removeEventListener('focusout', out);
    };
  }, [part]);
}

/** A list that can be scrolled sideways can be scrolled by keys too; one that fits is no stop on the way. */
export function useScrollStop(list: RefObject<HTMLElement>): void {
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const look = () => {
      if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
      else element.removeAttribute('tabindex');
    };
    const sizes = new ResizeObserver(look);
    for (const each of [element, ...element.children]) sizes.observe(each);
    return () => sizes.disconnect();
  }, [list]);
}
