// The words of a sale's rules, as a buyer hears of them before he holds.

import { spoken } from './words';

const en = {
  alone: (labels: string) => `This would leave a single seat alone: ${labels}`,
  aloneText: 'Take it too, or choose others beside one another in this row.',
  takeToo: (n: number): string => (n === 1 ? 'Take it too' : 'Take them too'),
  most: (grade: string, n: number) => `${grade}: at most ${n} a person`,
  mostText: 'What you hold and have bought counts too.',
};

const ko: typeof en = {
  alone: (labels) => `한 자리만 남게 됩니다: ${labels}`,
  aloneText: '남는 좌석도 함께 선택하시거나 같은 열에서 나란한 다른 좌석을 선택해 주세요.',
  takeToo: () => '함께 선택하기',
  most: (grade, n) => `${grade}: 1인 ${n}매까지`,
  mostText: '선점한 좌석과 이미 예매한 좌석을 모두 합한 수입니다.',
};

export const ruleWords = spoken(en, ko);
