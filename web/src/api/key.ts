/** A fresh idempotency key: one for each thing a person does, kept while it is tried again. */
export function newKey(): string {
  // randomUUID is there only in secure contexts; a box office in the local network may be plain http.
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
