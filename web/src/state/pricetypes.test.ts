import { expect, test } from 'vitest';
import { readTypes, type Typed, typedOf, withOneMore } from './pricetypes';

const first = { korean: '어른', english: 'Adult' };

test('the first types are those who say nothing, and one more', () => {
  const types = withOneMore([], 2, first);
  expect(types.map(({ number }) => number)).toEqual([0, 1]);
  expect(types[0]?.english).toBe('Adult');
  expect(withOneMore(types, 2, first).map(({ number }) => number)).toEqual([0, 1, 2]);
  expect(withOneMore([{ ...(types[1] as Typed), number: 31 }], 2, first)).toHaveLength(1);
});

test('what is typed is what is told, and comes back', () => {
  const [adult, child] = withOneMore([], 2, first) as [Typed, Typed];
  const typed = { ...child, korean: '어린이', english: 'Child', amounts: ['12.50', ''], most: '2' };
  const told = readTypes([adult, typed], 2);
  expect(told?.[1]).toMatchObject({ number: 1, amounts: [1250n, -1n], most: 2 });
  expect(typedOf(told ?? [], 2)[1]).toEqual(typed);
});

test('what is no type is not told', () => {
  const [adult, child] = withOneMore([], 1, first) as [Typed, Typed];
  const good = { ...child, korean: '가', english: 'A', amounts: ['5'] };
  const bad = [
    { ...good, korean: ' ' },
    { ...good, english: 'x'.repeat(61) },
    { ...good, amounts: [''] },
    { ...good, amounts: ['five'] },
    { ...good, most: '9' },
  ];
  expect(readTypes([adult, good], 0)).not.toBeNull();
  for (const one of bad) expect(readTypes([adult, one], 0)).toBeNull();
});
