import { expect, test } from 'vitest';
import { cellsOf, type Heat, isUnsent, readFigures, rowsOf, running } from './figures';

const heat: Heat = {
  columns: 4,
  column_ms: 10,
  edges_ms: [1, 10, 100, 1000],
  held: [0, 0, 5, 3, 2, 1],
  not_held: [0, 0, 2],
  ordered: [],
};

test('cells of several kinds are added up', () => {
  expect(cellsOf(heat, ['held', 'not_held'])).toEqual([
    { column: 0, row: 0, n: 7 },
    { column: 3, row: 2, n: 1 },
  ]);
  expect(rowsOf(heat, 'held')).toEqual([5, 0, 1]);
  expect(rowsOf(heat, 'ordered')).toEqual([0, 0, 0]);
});

test('what is no report is none', () => {
  expect(readFigures('"usher-figures"')).toBeNull();
  expect(readFigures('{')).toBeNull();
  expect(readFigures('null')).toBeNull();
  const unsent = readFigures('{"ok":false,"error":"the sale is paused","arrivals":0}');
  expect(unsent && isUnsent(unsent) && unsent.error).toBe('the sale is paused');
});

test('running sums', () => {
  expect(running([1, 0, 2])).toEqual([1, 1, 3]);
});
