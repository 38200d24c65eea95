// The words of announcements and of the emergency stop.

import { spoken } from './words';

const en = {
  title: 'Tell everybody, stop the sale',
  text: 'Everybody in the line and at the map reads this at once. A stop keeps places and numbers as they are: nobody picks seats, nobody is called, nobody’s time in the line runs. Who holds seats already may still pay for them.',
  allDates: 'All dates of this event that have not begun',
  mail: 'Mail it to everybody with tickets, too',
  koreanSubject: 'Headline in Korean',
  koreanText: 'Text in Korean',
  englishSubject: 'Headline in English',
  englishText: 'Text in English',
  subjects: ['예매를 잠시 멈췄습니다', 'The sale is paused for a moment'],
  texts: [
    '확인할 것이 있어 예매를 잠시 멈췄습니다. 대기 순서와 선택한 좌석은 그대로 유지됩니다. 새로고침하지 않으셔도 됩니다.',
    'We are checking something. Your place in the line and the seats you hold stay yours. There is no need to reload.',
  ],
  stop: 'Stop the sale now',
  only: 'Only announce',
  sure: 'Stop the sale now?',
  sureText:
    'Nobody can pick seats until you let it go on. Everybody in the line and at the map sees your words.',
  sureOnly: 'Tell everybody?',
  sureOnlyText: 'Everybody in the line and at the map sees your words. The sale goes on.',
  no: 'Not yet',
  stopped: 'The sale is stopped.',
  announced: 'It is announced.',
  notMailed: 'The buyers had all mails of the day already: none was sent.',
  standing: 'Everybody reads this now:',
  standingStopped: 'The sale is stopped, and everybody reads this:',
  goOn: 'Go on with the sale',
  takeAway: 'Take it away',
  again: 'The sale goes on.',
  away: 'It is taken away.',
};

const ko: typeof en = {
  title: '긴급 공지 및 예매 중지',
  text: '대기열과 좌석 선택 화면에 있는 모든 분께 바로 표시됩니다. 예매를 중지하면 대기 순서와 입장 시간은 그대로 멈추고, 새로 좌석을 선택할 수 없습니다. 이미 좌석을 선택한 분은 결제를 마칠 수 있습니다.',
  allDates: '아직 시작하지 않은 모든 회차에 적용',
  mail: '예매자에게 메일로도 보내기',
  koreanSubject: '한국어 제목',
  koreanText: '한국어 내용',
  englishSubject: '영어 제목',
  englishText: '영어 내용',
  subjects: en.subjects,
  texts: en.texts,
  stop: '지금 예매 중지',
  only: '공지만 하기',
  sure: '지금 예매를 중지할까요?',
  sureText:
    '다시 시작할 때까지 아무도 좌석을 선택할 수 없습니다. 대기열과 좌석 선택 화면에 공지가 표시됩니다.',
  sureOnly: '모두에게 공지할까요?',
  sureOnlyText: '대기열과 좌석 선택 화면에 공지가 표시됩니다. 예매는 계속됩니다.',
  no: '취소',
  stopped: '예매를 중지했습니다.',
  announced: '공지했습니다.',
  notMailed: '오늘 보낼 수 있는 메일을 모두 보내 메일은 보내지 않았습니다.',
  standing: '지금 표시 중인 공지',
  standingStopped: '예매가 중지되었으며 아래 공지가 표시되고 있습니다.',
  goOn: '예매 다시 시작',
  takeAway: '공지 내리기',
  again: '예매를 다시 시작했습니다.',
  away: '공지를 내렸습니다.',
};

export const announceWords = spoken(en, ko);
