import { describe, expect, it } from 'vitest';
import { empty, placesOf, toggled, withArea, without } from './choice';

describe('choice', () => {
  it('takes a seat and gives it back, in the order of picking', () => {
    const two = toggled(toggled(empty, 9), 4);
    expect(two.seats).toEqual([9, 4]);
    expect(toggled(two, 9).seats).toEqual([4]);
    expect(empty.seats).toEqual([]);
  });

  it('counts seats and standing places together', () => {
    const mixed = withArea(toggled(empty, 1), 5, 3);
    expect(placesOf(mixed)).toBe(4);
    expect(placesOf(withArea(mixed, 5, 0))).toBe(1);
  });

  it('drops what is gone', () => {
    const three = [1, 2, 3].reduce(toggled, empty);
    expect(without(three, [2, 7]).seats).toEqual([1, 3]);
  });
});
