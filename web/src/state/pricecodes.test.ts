import { expect, test } from 'vitest';
import { emptyCode, readCode } from './pricecodes';

test('a code is what was typed', () => {
  const typed = {
    ...emptyCode,
    word: ' fan-2026',
    percent: '12.5',
    amount: '3.20',
    places: '40',
    opens: [1],
  };
  const { code } = readCode(typed, 2, 'Asia/Seoul');
  expect(code).toMatchObject({
    word: 'FAN-2026',
    offPermille: 125,
    offAmount: 320n,
    places: 40,
    count: 0,
    opens: [1],
  });
  const many = readCode({ ...emptyCode, count: '500' }, 0, 'Asia/Seoul').code;
  expect(many).toMatchObject({ word: '', count: 500 });
});

test('what is no code is said', () => {
  const wrong = (part: Partial<typeof emptyCode>) => [
    ...readCode({ ...emptyCode, word: 'GOOD', ...part }, 0, 'Asia/Seoul').wrong,
  ];
  expect(wrong({})).toEqual([]);
  expect(wrong({ word: 'abc' })).toEqual(['word']);
  expect(wrong({ count: '5' })).toEqual(['count']);
  expect(wrong({ word: '', count: '100001' })).toEqual(['count']);
  expect(wrong({ percent: '100.5' })).toEqual(['percent']);
  expect(wrong({ amount: 'much' })).toEqual(['amount']);
  expect(wrong({ until: 'soon' })).toEqual(['until']);
});
