// The words for proving whose a telephone, or who a person, is.

import { spoken } from './words';

const en = {
  titlePhone: 'Confirm your phone number',
  titleIdentity: 'Confirm who you are',
  textPhone: 'We send a code to your phone. Only a fingerprint of the number is kept, no number.',
  textIdentity:
    'Your carrier confirms who you are and sends a code. Of what you type in here only a fingerprint of you is kept: no name, no number.',
  why: 'Tickets of this show are counted by person, over all accounts.',
  name: 'Name, as your carrier has it',
  birth: 'First seven digits of your resident number',
  birthHint: 'Six digits of your birthday, and the one behind: 9001011',
  carrier: 'Carrier',
  phone: 'Phone number',
  phoneHint: '010-1234-5678, or with the country: +44 20 7946 0958',
  phoneHintKorea: 'A Korean number, as in 010-1234-5678',
  send: 'Send me a code',
  sending: 'Sending…',
  codeText: (phone: string) => `A code has gone to ${phone}. Type it in here within 3 minutes.`,
  confirm: 'Confirm',
  confirming: 'Checking…',
  again: 'Start again',
  standIn: 'This is a rehearsal: nobody gets a message.',
  standInLink: 'See the messages',
  done: 'It is confirmed.',
  cardTitle: 'Who you are',
  cardText: 'Some shows count tickets by person. Confirm it once, and it holds for all of them.',
  provedPhone: (day: string) => `Phone number confirmed on ${day}`,
  provedIdentity: (day: string) => `Identity confirmed on ${day}`,
  provePhone: 'Confirm a phone number',
  proveIdentity: 'Confirm your identity',
  otherPhone: 'Another number',
  none: 'This site cannot confirm that. Please ask whoever runs it.',
  need: 'Confirm now',
  noticePhone: (n: number) =>
    `Up to ${n} tickets for one phone number, over all accounts. You confirm yours once.`,
  noticeIdentity: (n: number) =>
    `Up to ${n} tickets for one person, over all accounts. You confirm your identity once.`,
  lineText: 'One place in line for one person: you confirm who you are first.',
};

const ko: typeof en = {
  titlePhone: '휴대폰 번호 인증',
  titleIdentity: '본인인증',
  textPhone:
    '휴대폰으로 인증번호를 보내 드립니다. 번호는 저장하지 않으며, 되돌릴 수 없는 암호값만 보관합니다.',
  textIdentity:
    '통신사를 통해 본인임을 확인합니다. 입력하신 이름과 번호는 저장하지 않으며, 되돌릴 수 없는 암호값만 보관합니다.',
  why: '이 공연은 계정과 관계없이 1인당 매수를 제한합니다.',
  name: '이름',
  birth: '주민등록번호 앞 7자리',
  birthHint: '생년월일 6자리와 뒷자리 첫 숫자 (예: 9001011)',
  carrier: '통신사',
  phone: '휴대폰 번호',
  phoneHint: '010-1234-5678, 해외 번호는 +44 20 7946 0958 형식으로 입력해 주세요.',
  phoneHintKorea: '본인 명의의 휴대폰 번호 (예: 010-1234-5678)',
  send: '인증번호 받기',
  sending: '보내는 중…',
  codeText: (phone) => `${phone}(으)로 인증번호를 보냈습니다. 3분 안에 입력해 주세요.`,
  confirm: '확인',
  confirming: '확인하는 중…',
  again: '처음부터 다시',
  standIn: '시험 환경입니다. 실제 문자는 발송되지 않습니다.',
  standInLink: '문자 내용 보기',
  done: '인증되었습니다.',
  cardTitle: '본인 확인',
  cardText: '1인당 매수를 제한하는 공연이 있습니다. 한 번만 인증하시면 모든 공연에 적용됩니다.',
  provedPhone: (day) => `${day} 휴대폰 번호 인증 완료`,
  provedIdentity: (day) => `${day} 본인인증 완료`,
  provePhone: '휴대폰 번호 인증하기',
  proveIdentity: '본인인증하기',
  otherPhone: '다른 번호로 인증',
  none: '이 사이트에서는 인증할 수 없습니다. 운영자에게 문의해 주세요.',
  need: '지금 인증하기',
  noticePhone: (n) => `휴대폰 번호당 최대 ${n}매까지 예매할 수 있으며, 번호 인증이 필요합니다.`,
  noticeIdentity: (n) => `1인당 최대 ${n}매까지 예매할 수 있으며, 본인인증이 필요합니다.`,
  lineText: '한 사람이 한 번만 대기할 수 있으며, 먼저 인증이 필요합니다.',
};

export const personWords = spoken(en, ko);
