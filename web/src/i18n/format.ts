// Money, dates, counts and seat names as people write them.

import { language, localeOf, words } from './words';

const made = new Map<string, unknown>();

// Making an Intl formatter is slow; the few that are used are kept.
function kept<T>(key: string, make: () => T): T {
  const name = `${language.value} ${key}`;
  let one = made.get(name) as T | undefined;
  if (!one) {
    one = make();
    made.set(name, one);
  }
  return one;
}

const locale = () => localeOf(language.value);

/** What amounts are of: a currency, and the digits of its smallest unit, as the server says. */
export interface Priced {
  currency: string;
  currencyDigits: number;
}

/** Amounts come in the smallest unit of the currency. */
export function money(amount: number | bigint, of: Priced | null | undefined): string {
  const { currency, currencyDigits: digits } = of ?? { currency: '', currencyDigits: 0 };
  const format = kept(
    `money ${currency} ${digits}`,
    () =>
      new Intl.NumberFormat(locale(), {
        style: 'currency',
        currency: /^[A-Z]{3}$/.test(currency) ? currency : 'KRW',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
  );
  return format.format(Number(amount) / 10 ** digits);
}

export function count(n: number): string {
  return kept('count', () => new Intl.NumberFormat(locale())).format(n);
}

type DateStyle =
  | 'full'
  | 'day'
  | 'clock'
  | 'second'
  | 'short'
  | 'time'
  | 'month'
  | 'monthYear'
  | 'weekday'
  | 'dayNumber';

const styles = (): Record<DateStyle, Intl.DateTimeFormatOptions> => ({
  full: {
    weekday: language.value === 'ko' ? 'long' : 'short', // "토" alone reads like a slip
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  },
  short: { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' },
  day: { day: 'numeric', month: 'long', year: 'numeric' },
  second: { day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit', second: '2-digit' },
  time: { hour: 'numeric', minute: '2-digit' },
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  month: { month: 'short' },
  monthYear: { month: 'long', year: 'numeric' },
  weekday: { weekday: 'short' },
  dayNumber: { day: 'numeric' },
});

/** A moment by a clock that is `offset` minutes east of UTC; where that is not the reader's own, it is named. */
export function dateThere(
  ms: number | bigint,
  offset: number | undefined,
  style: DateStyle,
): string {
  const here = -new Date(Number(ms)).getTimezoneOffset();
  if (offset === undefined || offset === here) return date(ms, style);
  // Written as if it were UTC: no browser needs to know the offset as a zone.
  const text = dateIn('UTC', Number(ms) + offset * 60_000, style);
  return styles()[style].hour ? `${text} (${offsetName(offset)})` : text;
}

/** "UTC−5", "UTC+5:45". */
function offsetName(minutes: number): string {
  const away = Math.abs(minutes);
  const rest = away % 60 ? `:${String(away % 60).padStart(2, '0')}` : '';
  return minutes ? `UTC${minutes < 0 ? '−' : '+'}${Math.floor(away / 60)}${rest}` : 'UTC';
}

export function date(ms: number | bigint, style: DateStyle): string {
  return dateIn(undefined, Number(ms), style);
}

/**
 * A moment by the clock of a zone, "Asia/Seoul"; where that is not the reader's own, it is named. One that the browser
 * does not know is the reader's own.
 */
export function dateInZone(timeZone: string, ms: number, style: DateStyle): string {
  try {
    return dateThere(ms, timeZone ? offsetIn(timeZone, ms) : undefined, style);
  } catch {
    return dateIn(undefined, ms, style);
  }
}

/** The minutes east of UTC in a zone at a moment. */
function offsetIn(timeZone: string, ms: number): number {
  const format = kept(
    `offset ${timeZone}`,
    () => new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }),
  );
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
}

function dateIn(timeZone: string | undefined, ms: number, style: DateStyle): string {
  const format = kept(
    `date ${style} ${timeZone}`,
    () => new Intl.DateTimeFormat(locale(), { ...styles()[style], timeZone }),
  );
  if (style === 'dayNumber') {
    // Korean writes "21일"; the numeral alone stands in the date block.
    const part = format.formatToParts(ms).find(({ type }) => type === 'day');
    return part?.value ?? '';
  }
  return format.format(ms);
}

/** When a performance starts, or that of an order, by the hall's clock. */
export function starts(
  of: { startsAtMs: bigint; utcOffsetChoice: { value?: number | undefined } },
  style: DateStyle,
): string {
  return dateThere(of.startsAtMs, of.utcOffsetChoice.value, style);
}

/** The server names seats in English, "Stalls, row C, seat 12"; here they are named as the reader would. */
export function seatName(label: string): string {
  const [, place = label, kind = ''] =
    /^(.+) \((wheelchair place|companion seat|restricted view)\)$/.exec(label) ?? [];
  const match = /^(?:(.+), )?row (.+), seat (.+)$/.exec(place);
  const name = match
    ? words.value.seatLabel(match[1] ?? '', match[2] ?? '', match[3] ?? '')
    : place;
  const word =
    words.value.seatKinds[
      ['', 'wheelchair place', 'companion seat', 'restricted view'].indexOf(kind)
    ];
  return word ? `${name} (${word})` : name;
}

/** A price class as the reader calls it: Koreans say "VIP석", "R석". */
export function gradeName(name: string): string {
  return language.value === 'ko' && /^[A-Z]{1,4}$/.test(name) ? `${name}석` : name;
}

/** Who a price is for, in the reader's language. */
export const typeName = (type: { korean: string; english: string }): string =>
  language.value === 'ko' ? type.korean : type.english;

interface Told {
  categoryName: string;
  priceType?: { korean: string; english: string; proof: boolean } | undefined;
}

/** A ticket's price class, whom it is for, and whether the door asks for a proof of it. */
export const gradeOf = ({ categoryName, priceType }: Told): string =>
  [
    gradeName(categoryName),
    priceType ? typeName(priceType) : '',
    priceType?.proof ? words.value.proofNeeded : '',
  ]
    .filter(Boolean)
    .join(' · ');

/** An identifier in groups of four, to read aloud at the box office. */
export function grouped(id: string): string {
  const plain = id.replace(/-/g, '');
  return (plain.match(/.{1,4}/g) ?? [plain]).join(' ').toUpperCase();
}
