// Amounts as they are typed, in whole units of a currency; the server counts its smallest.

/** The digits of a currency's smallest unit, by ISO 4217, as browsers know them. */
export function digitsOf(currency: string): number {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    return format.resolvedOptions().maximumFractionDigits ?? 0;
  } catch {
    return 0;
  }
}

/** "12,000" or "12.50"; null: that is no amount of this currency. */
export function readAmount(text: string, digits: number): bigint | null {
  const match = /^(\d{1,3}(?:,\d{3})*|\d{1,15})(?:\.(\d+))?$/.exec(text.trim());
  if (!match) return null;
  const rest = match[2] ?? '';
  if (rest.length > digits) return null;
  return BigInt((match[1] ?? '0').replace(/,/g, '') + rest.padEnd(digits, '0'));
}

export function writeAmount(amount: bigint, digits: number): string {
  if (digits === 0) return String(amount);
  const text = String(amount).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
