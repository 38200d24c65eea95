// The words of the waiting list, as its organiser has it.

import { spoken } from './words';

const en = {
  title: 'Waiting list',
  text: 'Who finds nothing waits for seats: so many together, of a price or a section. What comes back is held for the first whom it fits, for some minutes, then for the next, and goes on sale only where nobody waits for it.',
  isOff: 'The list is off: what comes back is for everybody.',
  isOn: (minutes: string) => `The list is on: an offer lasts ${minutes} minutes.`,
  minutes: 'Minutes of an offer',
  minutesHint: '1 to 60. A mail has to arrive, and somebody to pay, within this.',
  on: 'Open the list',
  change: 'Save',
  off: 'Close the list',
  saved: 'The waiting list is as you said.',
  nobody: 'Nobody waits.',
  wish: 'Wished',
  waiting: 'Waiting',
  offered: 'Offered now',
  anyPrice: 'any price',
  places: (party: number, fewest: number) =>
    fewest < party ? `${fewest} to ${party} seats` : party === 1 ? '1 seat' : `${party} together`,
  wheelchairs: (n: number) => (n === 1 ? '1 wheelchair' : `${n} wheelchairs`),
  section: (n: number) => `section ${n}`,
};

const ko: typeof en = {
  title: '예매 대기',
  text: '원하는 좌석이 없는 관객이 매수, 등급, 구역을 정해 대기합니다. 취소된 좌석은 조건이 맞는 첫 번째 대기자에게 정해진 시간 동안 배정되고, 사지 않으면 다음 대기자에게 넘어갑니다. 기다리는 사람이 없는 좌석만 다시 판매됩니다.',
  isOff: '예매 대기를 받지 않습니다. 취소된 좌석은 바로 다시 판매됩니다.',
  isOn: (minutes) => `예매 대기를 받고 있습니다. 배정 시간은 ${minutes}분입니다.`,
  minutes: '배정 시간(분)',
  minutesHint: '1~60분. 메일을 받고 결제까지 마칠 수 있는 시간이어야 합니다.',
  on: '예매 대기 열기',
  change: '저장',
  off: '예매 대기 닫기',
  saved: '예매 대기 설정을 저장했습니다.',
  nobody: '대기 중인 사람이 없습니다.',
  wish: '신청 내용',
  waiting: '대기',
  offered: '배정 중',
  anyPrice: '전체 등급',
  places: (party, fewest) =>
    fewest < party ? `${fewest}~${party}석` : party === 1 ? '1석' : `연석 ${party}석`,
  wheelchairs: (n) => `휠체어석 ${n}석`,
  section: (n) => `${n}번째 구역`,
};

export const waitingDeskWords = spoken(en, ko);
