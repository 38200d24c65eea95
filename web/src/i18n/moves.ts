// The words of tickets that move, loaded with the organiser's pages.

import { computed } from '@preact/signals';
import { language } from './words';

const en = {
  open: 'Move tickets',
  which: 'Which tickets move',
  where: (count: string) => `Choose as many free places on the map: ${count}`,
  more: (amount: string) =>
    `The new places cost ${amount} more. Nobody pays it if you move the tickets.`,
  less: (amount: string) =>
    `The new places cost ${amount} less. Nobody gets it back if you move the tickets.`,
  ask: 'Move the tickets?',
  hint: 'Their old codes end at once, and the new tickets are mailed.',
  look: 'Look at the difference',
  yes: 'Move them',
  no: 'Cancel',
  done: 'The tickets have moved. The new ones are mailed.',
};

const ko: typeof en = {
  open: '좌석 변경',
  which: '옮길 티켓',
  where: (count) => `좌석 배치도에서 같은 수의 빈 좌석을 고르세요(${count})`,
  more: (amount) => `새 좌석이 ${amount} 더 비쌉니다. 옮기면 차액을 받지 않습니다.`,
  less: (amount) => `새 좌석이 ${amount} 더 저렴합니다. 옮겨도 차액을 돌려주지 않습니다.`,
  ask: '티켓을 옮길까요?',
  hint: '예전 코드는 바로 무효가 되고 새 티켓이 메일로 갑니다.',
  look: '차액 확인',
  yes: '옮기기',
  no: '취소',
  done: '좌석을 변경했습니다. 새 티켓을 메일로 보냅니다.',
};

export const moveWords = computed(() => (language.value === 'ko' ? ko : en));
