// The words for the case that only places of another kind are left: restricted views, wheelchair places.

import { spoken } from './words';

const en = {
  title: 'No ordinary seat is left here',
  left: (names: string) => `Still free: ${names}.`,
  restricted: 'Include seats with a restricted view',
  wheelchair: 'I need a wheelchair place',
  wheelchairText:
    'Wheelchair places are for people who sit in a wheelchair. Those who come with them sit beside them.',
};

const ko: typeof en = {
  title: '이 조건의 일반 좌석은 남아 있지 않습니다',
  left: (names) => `아직 예매할 수 있는 좌석: ${names}.`,
  restricted: '시야제한석도 포함하기',
  wheelchair: '휠체어석이 필요합니다',
  wheelchairText:
    '휠체어석은 휠체어를 이용하시는 분을 위한 자리입니다. 동반자는 바로 옆자리에 앉습니다.',
};

export const kindWords = spoken(en, ko);
