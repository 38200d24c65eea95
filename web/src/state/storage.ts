// What this browser keeps. Some browsers refuse storage (private windows, policies): then it lasts as long as the page.

import type { BrowserStorage } from '../api/identity';

function memory(): BrowserStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

function open(): BrowserStorage {
  try {
    const probe = 'usher.probe';
    localStorage.setItem(probe, probe);
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return memory();
  }
}

export const storage: BrowserStorage = open();
