// The words of messages to buyers.

import { spoken } from './words';

const en = {
  title: 'Message to buyers',
  text: 'By mail to everybody who has tickets of this date, each in the language of the order, one mail an address. At most five a day.',
  whom: 'To whom',
  everybody: 'Everybody with tickets',
  absent: 'Only who has not come in yet',
  englishSubject: 'Subject in English',
  englishText: 'Text in English',
  koreanSubject: 'Subject in Korean',
  koreanText: 'Text in Korean',
  look: 'How many does it go to?',
  reaches: (n: string, one: boolean) => `It goes to ${n} ${one ? 'address' : 'addresses'}.`,
  send: 'Send the mails',
  sure: (n: string) => `Mail this to ${n}?`,
  sureText: 'It cannot be taken back.',
  no: 'Not yet',
  sent: 'The mails are being written.',
  done: (mails: string) => `${mails} mails were written.`,
  going: (mails: string, all: string) => `${mails} of about ${all} mails are written.`,
};

const ko: typeof en = {
  title: '예매자에게 안내 메일 보내기',
  text: '이 회차의 티켓을 가진 모든 분께 예매할 때의 언어로 메일을 보냅니다. 같은 주소에는 한 통만 보내며, 하루에 다섯 번까지 보낼 수 있습니다.',
  whom: '받는 사람',
  everybody: '티켓이 있는 모든 예매자',
  absent: '아직 입장하지 않은 예매자만',
  englishSubject: '영어 제목',
  englishText: '영어 내용',
  koreanSubject: '한국어 제목',
  koreanText: '한국어 내용',
  look: '받는 사람 수 확인',
  reaches: (n) => `메일 주소 ${n}곳으로 보냅니다.`,
  send: '메일 보내기',
  sure: (n) => `${n}곳에 메일을 보낼까요?`,
  sureText: '보낸 뒤에는 취소할 수 없습니다.',
  no: '취소',
  sent: '메일을 보내는 중입니다.',
  done: (mails) => `메일 ${mails}통을 보냈습니다.`,
  going: (mails, all) => `약 ${all}통 중 ${mails}통을 작성했습니다.`,
};

export const messageWords = spoken(en, ko);
