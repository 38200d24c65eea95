// Banks of Korea, by the code that payment providers call them by.

import { language } from '../i18n/words';

const names: Record<string, [string, string]> = {
  '04': ['국민은행', 'KB Kookmin'],
  '88': ['신한은행', 'Shinhan'],
  '20': ['우리은행', 'Woori'],
  '81': ['하나은행', 'Hana'],
  '11': ['농협은행', 'NongHyup'],
  '03': ['기업은행', 'IBK'],
  '71': ['우체국', 'Korea Post'],
  '45': ['새마을금고', 'MG Community'],
  '32': ['부산은행', 'Busan'],
  '39': ['경남은행', 'Kyongnam'],
  '34': ['광주은행', 'Gwangju'],
  '90': ['카카오뱅크', 'KakaoBank'],
  '92': ['토스뱅크', 'Toss Bank'],
  '89': ['케이뱅크', 'K bank'],
  '23': ['SC제일은행', 'SC First'],
};
const opens = ['20', '88', '81', '03', '11', '71', '39', '34', '32'];

export const bankName = (code: string): string => {
  const name = names[code];
  return name ? name[language.value === 'ko' ? 0 : 1] : code;
};

/** Banks in which an account for one payment can be opened. */
export const openingBanks = (): [string, string][] => opens.map((code) => [code, bankName(code)]);
/** All of them: money can go back to any. */
export const allBanks = (): [string, string][] =>
  Object.keys(names).map((code) => [code, bankName(code)]);
