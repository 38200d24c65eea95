// A code as an organiser types it.

import { readAmount } from './amount';
import { msInZone } from './zone';

export interface TypedCode {
  word: string;
  count: string;
  percent: string;
  amount: string;
  places: string;
  account: string;
  from: string;
  until: string;
  opens: readonly number[];
}

export const emptyCode: TypedCode = {
  word: '',
  count: '',
  percent: '',
  amount: '',
  places: '',
  account: '',
  from: '',
  until: '',
  opens: [],
};

const count_max = 100_000;

/** As the server has it, without a number; null: what is wrong is named. */
export function readCode(typed: TypedCode, digits: number, zone: string) {
  const wrong = new Set<keyof TypedCode>();
  const whole = (name: 'count' | 'places' | 'account', most: number) => {
    const text = typed[name].trim();
    const n = text === '' ? 0 : /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(n <= most)) wrong.add(name);
    return n;
  };
  const word = typed.word.trim().toUpperCase();
  const count = whole('count', count_max);
  if (count === 0 && !/^[A-Z0-9-]{4,24}$/.test(word)) wrong.add('word');
  if (count > 0 && word !== '') wrong.add('count');
  const percent = typed.percent.trim();
  const permille =
    percent === '' ? 0 : /^\d{1,3}(\.\d)?$/.test(percent) ? Number(percent) * 10 : 1001;
  if (permille > 1000) wrong.add('percent');
  const amount = typed.amount.trim() === '' ? 0n : readAmount(typed.amount, digits);
  if (amount === null) wrong.add('amount');
  const time = (name: 'from' | 'until') => {
    const ms = typed[name] ? msInZone(typed[name], zone) : 0;
    if (ms === null) wrong.add(name);
    return BigInt(ms ?? 0);
  };
  const code = {
    number: 0,
    word: count > 0 ? '' : word,
    count,
    opens: [...typed.opens],
    offPermille: Math.round(permille),
    offAmount: amount ?? 0n,
    fromMs: time('from'),
    untilMs: time('until'),
    places: whole('places', 999_999_999),
    placesAccount: whole('account', 999_999_999),
  };
  return { code: wrong.size === 0 ? code : null, wrong };
}
