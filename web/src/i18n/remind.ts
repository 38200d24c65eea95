// The words of a mail shortly before an opening.

import { spoken } from './words';

const before = (minutes: number) =>
  minutes >= 120
    ? `${Math.round(minutes / 60)} hours before`
    : minutes > 1
      ? `${minutes} minutes before`
      : 'shortly before';
const beforeKo = (minutes: number) =>
  minutes >= 120
    ? `${Math.round(minutes / 60)}시간 전에`
    : minutes > 1
      ? `${minutes}분 전에`
      : '직전에';

const en = {
  action: 'Tell me when it opens',
  working: 'One moment…',
  text: 'You get one mail, shortly before the sale opens, and nothing else.',
  email: 'E-mail',
  send: 'Send me a code',
  codeText: (email: string) => `We have sent a code of 8 digits to ${email}. Type it in here.`,
  confirm: 'Confirm',
  otherEmail: 'Another address',
  done: (email: string, minutes: number) =>
    `You get a mail at ${email} ${before(minutes)} the sale opens.`,
  cancel: 'Don’t tell me',
  listTitle: 'You are told when it opens',
};

const ko: typeof en = {
  action: '예매 시작 알림 받기',
  working: '처리하는 중…',
  text: '예매가 시작되기 직전에 메일을 한 번만 보내 드립니다.',
  email: '이메일',
  send: '인증번호 받기',
  codeText: (email) => `${email}(으)로 8자리 인증번호를 보냈습니다. 아래에 입력해 주세요.`,
  confirm: '확인',
  otherEmail: '다른 주소 입력',
  done: (email, minutes) => `예매 시작 ${beforeKo(minutes)} ${email}(으)로 메일을 보내 드립니다.`,
  cancel: '알림 취소',
  listTitle: '예매 시작 알림',
};

export const remindWords = spoken(en, ko);
