// The words of passing a ticket on.

import { spoken } from './words';

const en = {
  title: 'Pass this ticket on',
  text: 'Your friend gets the ticket by mail, with a code of its own. The codes you have seen so far end at once.',
  name: 'Your friend’s name',
  email: 'Your friend’s e-mail',
  yes: 'Pass on',
  working: 'One moment…',
  backTitle: 'Take this ticket back?',
  backText: (to: string) =>
    `The code that ${to} has got ends at once, and you get a new one. Please tell your friend.`,
  backYes: 'Take back',
};

const ko: typeof en = {
  title: '티켓 양도하기',
  text: '받는 분께 새 코드가 담긴 티켓을 메일로 보내 드립니다. 지금까지의 코드는 바로 사용할 수 없게 됩니다.',
  name: '받는 분 이름',
  email: '받는 분 이메일',
  yes: '양도하기',
  working: '처리하는 중…',
  backTitle: '양도한 티켓을 되돌릴까요?',
  backText: (to) =>
    `${to} 님이 받은 코드는 바로 사용할 수 없게 되고, 새 코드가 발급됩니다. 받은 분께 꼭 알려 주세요.`,
  backYes: '되돌리기',
};

export const passWords = spoken(en, ko);
