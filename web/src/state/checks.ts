// Whether what was filled in can be right. The server decides; this spares the round trip.

export const email_max = 254;
export const password_min = 8;

export function isEmail(text: string): boolean {
  return text.length <= email_max && /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text.trim());
}

/** Digits with what people write between them: "010-1234-5678", "+82 10 1234 5678". */
export function isPhone(text: string): boolean {
  return /^\+?[\d\s().-]{8,24}$/.test(text.trim()) && text.replace(/\D/g, '').length >= 8;
}
