import { expect, test } from 'vitest';
import { posterOf } from './poster';

test('the same name has the same poster, however it was typed', () => {
  expect(posterOf('윤슬 콘서트')).toEqual(posterOf(' 윤슬 콘서트'.normalize('NFD')));
});

test('names next to each other differ, and every look is used', () => {
  const looks = Array.from({ length: 200 }, (_, n) => posterOf(`Show ${n}`));
  expect(new Set(looks.map(({ ground }) => ground)).size).toBe(6);
  expect(new Set(looks.map(({ scene }) => scene)).size).toBe(3);
  for (const { turn } of looks) expect(turn >= 0 && turn <= 6).toBe(true);
});
