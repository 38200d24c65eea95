import { describe, expect, it } from 'vitest';
import table from '../../../src/sale/currency.c?raw';
import { en } from './en';
import { count, date, dateInZone, dateThere, grouped, money, seatName } from './format';
import { ko } from './ko';
import { language, localeOf, preferred } from './words';

describe('preferred', () => {
  it('takes what was chosen, then what the browser wishes', () => {
    expect(preferred('ko', ['en'])).toBe('ko');
    expect(preferred(null, ['fr-FR', 'ko-KR', 'en'])).toBe('ko');
    expect(preferred('xx', ['de'])).toBe('en');
  });
});

describe('localeOf', () => {
  it("is the reader's own where it speaks the language", () => {
    expect(localeOf('en', ['de-AT', 'en-US', 'en-GB'])).toBe('en-US');
    expect(localeOf('en', ['ko-KR', 'en'])).toBe('en-GB');
    expect(localeOf('ko', ['en-US'])).toBe('ko-KR');
  });
});

describe('format', () => {
  it('writes money from the smallest unit', () => {
    language.value = 'en';
    expect(money(99000n, { currency: 'KRW', currencyDigits: 0 })).toBe('₩99,000');
    expect(money(1250, { currency: 'EUR', currencyDigits: 2 })).toBe('€12.50');
    // There are other dollars where English is spoken.
    expect(money(12050, { currency: 'USD', currencyDigits: 2 })).toBe('US$120.50');
    language.value = 'ko';
    expect(money(99000n, { currency: 'KRW', currencyDigits: 0 })).toBe('₩99,000');
    expect(count(12345)).toBe('12,345');
  });

  it('has the digits of the one table for every currency there is, not those of the browser', () => {
    const all = [...table.matchAll(/\{"([A-Z]{3})", \d+, (\d)\}/g)];
    expect(all.length).toBeGreaterThan(150);
    const written: Record<string, string> = {
      0: '1,234,567',
      2: '12,345.67',
      3: '1,234.567',
      4: '123.4567',
    };
    for (const each of ['en', 'ko'] as const) {
      language.value = each;
      for (const [, currency = '', digits = ''] of all) {
        const text = money(1234567n, { currency, currencyDigits: Number(digits) });
        expect([currency, /\d[\d.,]*/.exec(text)?.[0]]).toEqual([currency, written[digits]]);
      }
    }
  });

  it("writes an opening by the hall's clock, and names it where it is not the reader's", () => {
    language.value = 'en';
    const at = Date.UTC(2027, 0, 20, 11, 0);
    const here = -new Date(at).getTimezoneOffset();
    const named = here === 9 * 60 ? '' : ' (UTC+9)';
    expect(dateInZone('Asia/Seoul', at, 'short')).toContain(`20:00${named}`);
    const summer = Date.UTC(2027, 6, 1, 23, 30); // summer time, and half an hour besides
    expect(dateInZone('America/St_Johns', summer, 'short')).toContain('21:00 (UTC−2:30)');
    expect(dateInZone('No/Zone', at, 'short')).toBe(date(at, 'short'));
    expect(dateInZone('', at, 'short')).toBe(date(at, 'short'));
  });

  it('does not fall over a currency that is none', () => {
    expect(() => money(5, { currency: '', currencyDigits: 0 })).not.toThrow();
    expect(() => money(5, undefined)).not.toThrow();
  });

  it('gives the numeral of a day alone', () => {
    for (const each of ['en', 'ko'] as const) {
      language.value = each;
      expect(date(Date.UTC(2026, 11, 19, 12), 'dayNumber')).toBe('19');
    }
  });

  it("writes an evening show in the evening, by the hall's clock", () => {
    language.value = 'en';
    const ms = Date.UTC(2026, 11, 25, 1, 0); // 20:00 on the 24th in New York
    const here = -new Date(ms).getTimezoneOffset();
    const there = here === -300 ? -299 : -300;
    expect(dateThere(ms, there, 'dayNumber')).toBe('24');
    expect(dateThere(ms, there, 'full')).toContain('24 December');
    expect(dateThere(ms, -300, 'full')).toMatch(here === -300 ? /^[^(]*$/ : / \(UTC−5\)$/);
    expect(dateThere(ms, 345, 'short')).toMatch(here === 345 ? /^[^(]*$/ : / \(UTC\+5:45\)$/);
    expect(dateThere(ms, here, 'full')).toBe(date(ms, 'full'));
    expect(dateThere(ms, undefined, 'full')).toBe(date(ms, 'full'));
  });

  it('names a seat as the reader would', () => {
    language.value = 'en';
    expect(seatName('Stalls, row C, seat 12')).toBe('Stalls, row C, seat 12');
    language.value = 'ko';
    expect(seatName('Stalls, row C, seat 12')).toBe('Stalls C열 12번');
    expect(seatName('row C, seat 12')).toBe('C열 12번');
    expect(seatName('Standing')).toBe('Standing');
    language.value = 'en';
  });

  it('groups an identifier by four', () => {
    expect(grouped('0a1b2c3d4e')).toBe('0A1B 2C3D 4E');
    expect(grouped('')).toBe('');
  });
});

describe('the two languages', () => {
  it('say the same things', () => {
    expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort());
    expect(Object.keys(ko.failures).sort()).toEqual(Object.keys(en.failures).sort());
  });
});
