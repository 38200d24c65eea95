// Why the server refuses what who runs events asks for, by ErrorDetail.reason, in Korean: what the words of every page do not name. In
// English the server's own sentence says it.

export const refusals: Record<string, string> = {
  AMOUNT_REFUSED: '결제사에서 받을 수 없는 금액입니다.',
  BEACON_GIVEN: '이 추첨에는 이미 다른 난수 값이 지정되어 있습니다.',
  BLOCKED: '운영자가 이용을 제한한 계정입니다.',
  COMPS_OFF:
    '초대권은 관리자나 소유자만 발행할 수 있습니다. 현장 판매 설정에서 매표소에도 허용할 수 있습니다.',
  DATA_DAMAGED: '저장된 데이터가 손상되었습니다. 운영자에게 알려 주세요.',
  DRAWER_SHORT:
    '돈통에 있는 현금보다 많은 금액은 돌려줄 수 없습니다. 정산을 마감하고 실제 금액으로 다시 열거나 다른 매표소에서 처리해 주세요.',
  EVENT_IN_USE:
    '판매 중이거나 선점·예매 내역이 있는 공연은 삭제할 수 없습니다. 숨김으로 바꿔 주세요.',
  IN_A_SALE: '이미 다른 대기열에 포함된 회차가 있습니다.',
  LAST_OWNER: '소유자가 한 명은 있어야 합니다.',
  LINE_NOT_OVER: '대기열이 끝난 뒤에 결과 보고서를 볼 수 있습니다.',
  LINE_UNAVAILABLE: '대기열을 불러오는 중입니다. 잠시 후 다시 시도해 주세요.',
  MOVED_TOO_OFTEN: '이 예매는 더 이상 좌석을 옮길 수 없습니다. 취소한 뒤 새로 판매해 주세요.',
  NAME_TAKEN: '같은 이름의 주최자가 이미 있습니다.',
  NOTHING_PAID: '결제된 금액이 없습니다. 환불 대신 취소를 이용해 주세요.',
  NOTHING_TO_PAY: '받을 금액이 없습니다. 돈을 받지 마세요.',
  NOT_OFFERED: '이 서버에서는 제공하지 않는 파일 형식입니다.',
  NOT_PAID: '결제된 예매에만 쓸 수 있습니다.',
  NO_CONTACT: '예매자의 연락처가 없어 메일을 보낼 수 없습니다.',
  NO_MAIL_SERVER: '메일 서버가 설정되어 있지 않습니다. 메일은 발송되지 않고 보관됩니다.',
  NO_PROVIDER: '이 서버에는 결제사가 등록되어 있지 않습니다.',
  NO_WAITING_LIST: '예매 대기를 받지 않는 회차입니다.',
  ORDER_CANCELLED: '취소된 예매입니다. 돈을 받지 마시고, 이미 받았다면 돌려주세요.',
  ORDER_CHANGED: '같은 순간에 예매 내역이 바뀌었습니다. 다시 조회해 주세요.',
  PAID_BY_CARD: '결제된 예매입니다. 취소 대신 환불로 처리해 주세요.',
  PAYING: '예매자가 지금 결제하고 있어 끝낼 수 없습니다. 잠시 후 다시 확인해 주세요.',
  PAYMENT_OVER:
    '결제 기한이 지나 좌석이 다시 판매되고 있습니다. 돈을 받지 마시고, 이미 받았다면 돌려주세요.',
  PAYMENT_REQUIRED: '결제해야 예매할 수 있는 회차입니다.',
  PAY_LATER_OFF: '나중에 결제할 수 없는 회차입니다.',
  PEER_UNAVAILABLE:
    '담당 서버가 응답하지 않아 처리되었는지 알 수 없습니다. 먼저 결과를 확인해 주세요.',
  PERSON_UNKNOWN: '이 서버에는 본인 확인 수단이 없습니다.',
  PLACES_FREE: '잔여 좌석이 있어 예매 대기를 받을 수 없습니다.',
  PRICE_DIFFERS:
    '좌석 금액이 서로 다릅니다. 같은 금액의 좌석을 고르거나 차액을 받지 않는다고 표시해 주세요.',
  SALE_OPEN: '판매 중에는 바꿀 수 없습니다. 판매를 일시 중지한 뒤 다시 시도해 주세요.',
  SALE_STOPPED: '판매가 공지와 함께 중단되었습니다. 공지를 내리면 판매가 다시 시작됩니다.',
  SEATS_GONE: '좌석이 이미 다른 분에게 판매되었습니다. 받은 돈은 돌려주세요.',
  SEAT_HAD_BEFORE: '이 예매가 전에 가지고 있던 좌석으로는 옮길 수 없습니다.',
  SECOND_FACTOR_SET: '이미 2단계 인증을 사용하고 있습니다. 먼저 해제해 주세요.',
  SETUP_USED: '이미 사용된 설정 코드입니다. 기기를 새로 등록해 주세요.',
  STORE_UNAVAILABLE: '저장소가 응답하지 않습니다. 잠시 후 다시 시도해 주세요.',
  TERMS_NOT_ACCEPTED: '약관에 동의해야 결제할 수 있습니다.',
  TICKET_BOUND: '양도되었거나 입장이 제한되었거나 환불 중인 티켓은 옮길 수 없습니다.',
  TICKET_MOVED: '그 사이 티켓이 양도되거나 재발급되었습니다. 다시 조회해 주세요.',
  TILL_CLOSED: '열려 있는 현장 판매 정산이 없습니다. 정산을 연 뒤 다시 시도해 주세요.',
  TILL_OPEN: '이미 열려 있는 정산이 있습니다. 먼저 마감해 주세요.',
  TOO_LARGE: '결과가 너무 커서 한 번에 보낼 수 없습니다.',
  TOO_MANY_REQUESTS: '한도에 도달해 처리할 수 없습니다.',
  TOO_SLOW: '시간 안에 처리되지 않았습니다. 먼저 결과를 확인해 주세요.',
  WRONG_AMOUNT: '받은 금액이 좌석 금액과 다릅니다.',
};
