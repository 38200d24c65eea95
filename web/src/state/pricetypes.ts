// Who pays what, as an organiser types it.

import { readAmount, writeAmount } from './amount';

export const types_max = 12;
const numbers = 32;
const none = -1n;

export interface Typed {
  number: number;
  korean: string;
  english: string;
  amounts: readonly string[]; // one a category; empty: not to be had there
  proof: boolean;
  companion: boolean;
  most: string; // empty: as many as one holds
}

export interface Told {
  number: number;
  korean: string;
  english: string;
  amounts: bigint[];
  proof: boolean;
  companion: boolean;
  most: number;
}

export const typedOf = (types: readonly Told[], digits: number): Typed[] =>
  types.map(({ amounts, most, ...rest }) => ({
    number: rest.number,
    korean: rest.korean,
    english: rest.english,
    proof: rest.proof,
    companion: rest.companion,
    amounts: amounts.map((one) => (one === none ? '' : writeAmount(one, digits))),
    most: most === 0 ? '' : String(most),
  }));

/** What a place of one category costs, -1: it is not to be had; null: that is no amount. */
export const readCost = (text: string, digits: number): bigint | null =>
  text.trim() === '' ? none : readAmount(text, digits);

/** As long as the server takes it: 60 bytes. */
export const isName = (text: string): boolean =>
  text.trim() !== '' && new TextEncoder().encode(text.trim()).length <= 60;

export const isMost = (text: string): boolean => /^[1-8]?$/.test(text.trim());

/** As the server has them; null: something is wrong. */
export function readTypes(types: readonly Typed[], digits: number): Told[] | null {
  const told: Told[] = [];
  for (const type of types) {
    const amounts = type.number === 0 ? [] : type.amounts.map((text) => readCost(text, digits));
    const sold = type.number === 0 || amounts.some((one) => one !== none);
    if (!sold || !isName(type.korean) || !isName(type.english) || !isMost(type.most)) return null;
    if (amounts.includes(null)) return null;
    told.push({
      number: type.number,
      korean: type.korean.trim(),
      english: type.english.trim(),
      amounts: amounts.flatMap((one) => (one === null ? [] : [one])),
      proof: type.proof,
      companion: type.companion,
      most: Number(type.most.trim() || '0'),
    });
  }
  return told;
}

/** One type more, behind those that there are: the first of all is for whoever says nothing. */
export function withOneMore(
  types: readonly Typed[],
  categories: number,
  first: { korean: string; english: string },
): Typed[] {
  const fresh = (number: number): Typed => ({
    number,
    korean: '',
    english: '',
    amounts: number === 0 ? [] : Array.from({ length: categories }, () => ''),
    proof: false,
    companion: false,
    most: '',
  });
  if (types.length === 0) return [{ ...fresh(0), ...first }, fresh(1)];
  const number = Math.max(...types.map((one) => one.number)) + 1;
  return number < numbers ? [...types, fresh(number)] : [...types];
}
