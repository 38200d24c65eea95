// The words of the waiting list.

import { spoken } from './words';

const places = (n: number) => (n === 1 ? '1 seat' : `${n} seats together`);

const en = {
  title: 'Waiting list',
  text: (minutes: string) =>
    `What comes back is offered to those who wait, in their order. It is yours alone for ${minutes}.`,
  minutes: (n: number) => (n === 1 ? 'one minute' : `${n} minutes`),
  open: 'Join the waiting list',
  price: 'Price',
  anyPrice: 'Any price',
  section: 'Section',
  anySection: 'Anywhere',
  party: 'Seats together',
  fewest: 'At least',
  wheelchairs: 'Wheelchairs',
  email: 'E-mail',
  emailHint: 'We write to you when seats are offered to you. Without it, look at this page.',
  join: 'Wait for these seats',
  working: 'One moment…',
  cancel: 'Close',
  joined: 'You are on the waiting list.',
  mineTitle: 'You wait for',
  wish: (party: number, fewest: number) =>
    fewest < party ? `${fewest} to ${party} seats` : places(party),
  wheelchairsOf: (n: number) => (n === 1 ? '1 wheelchair' : `${n} wheelchairs`),
  next: 'You are next.',
  ahead: (n: string) => `Before you: ${n}`,
  lapsed: 'One offer was let go: you went behind the others. A second one ends it.',
  offered: 'Offered to you alone',
  offeredBrief: (time: string) => `Seats for you until ${time}`,
  letGo: 'Let them go',
  letGoHint: 'The next who waits gets them.',
  gone: 'The seats have gone on to the next.',
  offerNow: 'Seats have come back: they are yours alone for now.',
  offerOver: 'The offer is over.',
  inHand: 'They are held for you: go on below.',
  other: 'First pay for the seats that you hold, or give them back.',
  leave: 'Leave the list',
  left: 'You do not wait for that any more.',
  most: (n: number) => `One can wait for ${n} things at most.`,
  reasons: {
    PLACES_FREE: {
      title: 'Such seats are free',
      text: 'You can hold them now: choose them on the map, or let us find the best.',
    },
    NO_WAITING_LIST: {
      title: 'The waiting list is closed',
      text: 'The organiser has closed it. What comes back shows on the map.',
    },
    TOO_MANY_REQUESTS: {
      title: 'That is all one can wait for',
      text: 'Leave what you do not wait for any more, or sign in, and try again.',
    },
  },
};

const ko: typeof en = {
  title: '예매 대기',
  text: (minutes) =>
    `취소된 좌석이 나오면 신청 순서대로 배정해 드립니다. 배정된 좌석은 ${minutes} 동안 다른 사람이 살 수 없습니다.`,
  minutes: (n) => `${n}분`,
  open: '예매 대기 신청',
  price: '등급',
  anyPrice: '전체 등급',
  section: '구역',
  anySection: '전체 구역',
  party: '연석 매수',
  fewest: '최소 매수',
  wheelchairs: '휠체어석',
  email: '이메일',
  emailHint: '좌석이 배정되면 메일로 알려 드립니다. 입력하지 않으면 이 화면에서 확인해 주세요.',
  join: '대기 신청하기',
  working: '처리하는 중…',
  cancel: '닫기',
  joined: '예매 대기를 신청했습니다.',
  mineTitle: '내 예매 대기',
  wish: (party, fewest) =>
    fewest < party ? `${fewest}~${party}석` : party === 1 ? '1석' : `연석 ${party}석`,
  wheelchairsOf: (n) => `휠체어석 ${n}석`,
  next: '다음 순서입니다.',
  ahead: (n) => `앞선 대기 ${n}건`,
  lapsed: '배정된 좌석을 한 번 넘겨 맨 뒤로 갔습니다. 한 번 더 넘기면 대기가 끝납니다.',
  offered: '좌석이 배정되었습니다',
  offeredBrief: (time) => `배정 좌석 · ${time}까지`,
  letGo: '다음 분께 넘기기',
  letGoHint: '다음 대기자에게 배정됩니다.',
  gone: '다음 분께 넘겼습니다.',
  offerNow: '좌석이 나왔습니다. 지금은 다른 사람이 살 수 없습니다.',
  offerOver: '배정 시간이 끝났습니다.',
  inHand: '아래에서 결제를 진행해 주세요.',
  other: '먼저 선점한 좌석을 결제하거나 반환해 주세요.',
  leave: '대기 취소',
  left: '예매 대기를 취소했습니다.',
  most: (n) => `예매 대기는 ${n}건까지 신청할 수 있습니다.`,
  reasons: {
    PLACES_FREE: {
      title: '지금 예매할 수 있는 좌석이 있습니다',
      text: '좌석 배치도에서 선택하시거나 자동 배정을 이용해 주세요.',
    },
    NO_WAITING_LIST: {
      title: '예매 대기가 마감되었습니다',
      text: '주최자가 예매 대기를 닫았습니다. 취소된 좌석은 배치도에 표시됩니다.',
    },
    TOO_MANY_REQUESTS: {
      title: '더 신청할 수 없습니다',
      text: '필요 없는 대기를 취소하거나 로그인한 뒤 다시 신청해 주세요.',
    },
  },
};

export const waitingWords = spoken(en, ko);
