// The words of signing in with the account of another service, and of the second factor.

import { spoken } from './words';

const en = {
  names: { kakao: 'Kakao', naver: 'Naver', apple: 'Apple', google: 'Google' } as Record<
    string,
    string
  >,
  or: 'or',
  continueWith: (name: string) => `Continue with ${name}`,
  leaving: 'One moment…',
  returning: (name: string) => `Coming back from ${name}…`,
  nothingTitle: 'The sign-in was not finished',
  nothingText: 'Nothing has changed. Please begin again.',
  again: 'Back to sign-in',
  newTitle: 'Almost done',
  newText: (name: string) =>
    `${name} knows you; we do not yet. A code by mail makes sure that the address is yours.`,
  newAction: 'Go on',
  factorTitle: 'One more step',
  factorText: 'Your account has a second factor.',
  factorAction: 'Sign in',
  waysTitle: 'Ways to sign in',
  waysText: 'A service that is connected signs in to this account.',
  connect: (name: string) => `Connect ${name}`,
  disconnect: 'Disconnect',
  connected: (name: string) => `${name} is connected.`,
  disconnected: (name: string) => `${name} is not connected any more.`,
  since: (date: string) => `since ${date}`,
  cancel: 'Cancel',
  noPasswordText: 'Your account has no password. You can set one with a code by mail.',
  setPassword: 'Set a password',
  secondTitle: 'Second factor',
  secondText:
    'Six digits of an authenticator app, asked for at every sign-in. Whoever works for an organiser with a short password needs it.',
  secondOn: 'Your account has a second factor.',
  secondBegin: 'Set up',
  secondScan: 'Scan this code with your authenticator app, or type the key into it.',
  secondKey: 'Key',
  secondQr: 'The code for your authenticator app',
  secondConfirm: 'Turn on',
  secondRemove: 'Turn off',
  secondDone: 'The second factor is on.',
  secondGone: 'The second factor is off.',
  recoveryTitle: 'Recovery codes',
  recoveryText:
    'Should you lose the authenticator, each of these signs you in once, in the place of the six digits. Keep them where you keep your papers: they are shown only now.',
  recoveryKept: 'I have kept them',
};

const ko: typeof en = {
  names: { kakao: '카카오', naver: '네이버', apple: 'Apple', google: 'Google' },
  or: '또는',
  continueWith: (name) => `${name}로 계속하기`,
  leaving: '잠시만 기다려 주세요…',
  returning: (name) => `${name} 로그인을 확인하는 중…`,
  nothingTitle: '로그인을 마치지 못했습니다',
  nothingText: '변경된 것은 없습니다. 다시 시도해 주세요.',
  again: '로그인으로 돌아가기',
  newTitle: '거의 다 됐습니다',
  newText: (name) =>
    `${name} 계정은 확인했습니다. 이메일이 본인 것인지 인증번호로 한 번만 확인합니다.`,
  newAction: '계속하기',
  factorTitle: '한 단계 더 확인합니다',
  factorText: '2단계 인증을 사용하는 계정입니다.',
  factorAction: '로그인',
  waysTitle: '로그인 방법',
  waysText: '연결한 서비스로 이 계정에 로그인할 수 있습니다.',
  connect: (name) => `${name} 연결하기`,
  disconnect: '연결 해제',
  connected: (name) => `${name} 계정을 연결했습니다.`,
  disconnected: (name) => `${name} 계정 연결을 해제했습니다.`,
  since: (date) => `${date} 연결`,
  cancel: '취소',
  noPasswordText: '비밀번호가 없는 계정입니다. 메일로 인증번호를 받아 설정할 수 있습니다.',
  setPassword: '비밀번호 설정하기',
  secondTitle: '2단계 인증',
  secondText:
    '로그인할 때마다 인증 앱의 6자리 숫자를 확인합니다. 주최사 업무를 하는데 비밀번호가 짧다면 꼭 필요합니다.',
  secondOn: '2단계 인증을 사용하고 있습니다.',
  secondBegin: '설정하기',
  secondScan: '인증 앱으로 이 코드를 스캔하거나 키를 직접 입력해 주세요.',
  secondKey: '키',
  secondQr: '인증 앱에 등록할 코드',
  secondConfirm: '사용하기',
  secondRemove: '사용 안 함',
  secondDone: '2단계 인증을 사용합니다.',
  secondGone: '2단계 인증을 해제했습니다.',
  recoveryTitle: '복구 코드',
  recoveryText:
    '인증 앱을 잃어버렸을 때 6자리 숫자 대신 한 번씩 사용할 수 있습니다. 지금만 표시되니 안전한 곳에 보관해 주세요.',
  recoveryKept: '보관했습니다',
};

export const providerWords = spoken(en, ko);

/** What people call a service; one that only the operator knows, as the operator calls it. */
export function providerName(provider: string): string {
  return (
    providerWords.value.names[provider] ?? provider.charAt(0).toUpperCase() + provider.slice(1)
  );
}
