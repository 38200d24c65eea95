// Has the browser keep this page, with all that it has loaded, for when there is no network. See public/sw.js.

/** Resolves once it is kept, or where it can not be. */
export async function keepPage(): Promise<void> {
  const workers = navigator.serviceWorker;
  if (!workers) return; // an old browser, or not a secure address
  try {
    await workers.register('/sw.js');
    const { active } = await workers.ready;
    const mine = `${location.origin}/assets/`;
    const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
    active?.postMessage({ keep: [...new Set(loaded.filter((name) => name.startsWith(mine)))] });
  } catch {
    // Private windows may refuse: then tickets need the network.
  }
}
