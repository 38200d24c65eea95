// The words of giving tickets back.

import { spoken } from './words';

const en = {
  title: 'Give tickets back',
  which: 'Which tickets?',
  previewing: 'Computing…',
  notPossible: 'These tickets can’t be given back any more.',
  used: 'A ticket was used at the door',
  usedText: (seats: string) =>
    `${seats}: what was used is not taken back. Untick it to give the others back.`,
  usedAlone: 'What was used is not taken back.',
  evenUsed: 'Give back what was used, too',
  again: (amount: string) => `This was given back before: ${amount}. Nothing more goes back.`,
  close: 'Close',
  yes: 'Give back and refund',
  working: 'Giving back…',
};

const ko: typeof en = {
  title: '예매 취소 및 환불',
  which: '취소할 티켓',
  previewing: '계산하는 중…',
  notPossible: '지금은 취소할 수 없는 티켓입니다.',
  used: '이미 입장에 사용한 티켓입니다',
  usedText: (seats) =>
    `${seats}: 사용한 티켓은 환불되지 않습니다. 선택을 해제하면 나머지를 취소할 수 있습니다.`,
  usedAlone: '사용한 티켓은 환불되지 않습니다.',
  evenUsed: '사용한 티켓도 환불하기',
  again: (amount) => `이미 환불된 티켓입니다(${amount}). 추가로 환불되는 금액은 없습니다.`,
  close: '닫기',
  yes: '취소하고 환불받기',
  working: '취소하는 중…',
};

export const refundWords = spoken(en, ko);
