// The words of a sale's rules, as its organiser sets them.

import { spoken } from './words';

const en = {
  title: 'Rules of a hold',
  text: 'The page tells them before somebody holds, and the sale refuses what they do not allow. What is held or sold already stays.',
  noOrphans: 'No single seat may be left alone',
  noOrphansHint:
    'Between taken seats or at a row’s end, where as many others in that row would leave none. The best-seats control keeps to it by itself.',
  most: (grade: string) => `At most of ${grade}`,
  mostHint: 'Of one account, held and bought; empty: no limit.',
  account: (n: number) => `In all, an account may have ${n}; that was said when the date was made.`,
  save: 'Save',
  saved: 'The rules are as you said.',
};

const ko: typeof en = {
  title: '좌석 선점 규칙',
  text: '좌석을 선점하기 전에 화면에서 안내하고, 규칙에 맞지 않으면 선점되지 않습니다. 이미 선점하거나 판매한 좌석에는 적용되지 않습니다.',
  noOrphans: '한 자리만 남기는 선택 막기',
  noOrphansHint:
    '선점·판매된 좌석 사이나 열 끝에 한 자리만 남는 선택을, 같은 열에 다른 선택이 있을 때 막습니다. 자동 배정은 늘 이 규칙을 따릅니다.',
  most: (grade) => `${grade} 1인 한도`,
  mostHint: '한 계정이 선점하고 예매한 매수를 합해 셉니다. 비워 두면 한도가 없습니다.',
  account: (n) => `전체 1인 한도는 ${n}매이며, 회차를 만들 때 정한 값입니다.`,
  save: '저장',
  saved: '규칙을 저장했습니다.',
};

export const ruleDeskWords = spoken(en, ko);
