// The words of an order's page.

import { spoken } from './words';

const seats = (n: number) => (n === 1 ? '1 seat' : `${n} seats`);

const en = {
  orderPlaced: 'The seats are yours.',
  orderPlacedHint: 'Show each code at the door. Pay at the box office when you arrive.',
  orderPaidHint: 'Show each code at the door. The tickets also come by mail.',
  orderedWhen: 'Ordered',
  cancelledText: 'The seats are back on sale and the tickets are void.',
  payAtBoxOffice: 'At the box office',
  showCode: 'Show large',
  downloadPdf: 'Tickets as PDF',
  addToCalendar: 'Add to calendar',
  giveBack: 'Give tickets back',
  whereMoney: 'Where is my money?',
  refunded: (amount: string) => `${amount} is on its way back to you.`,
  orderState: 'Status',
  givenBack: 'Tickets given back',
  remains: 'Tickets you have',
  cancelOrder: 'Cancel order',
  cancelQuestion: 'Cancel this order?',
  cancelHint: (n: number) =>
    `${seats(n)} will go back on sale at once and the tickets become void. This can’t be undone.`,
  cancelYes: 'Cancel the order',
  cancelling: 'Cancelling…',
  walletPass: 'Add to Apple Wallet',
  googleWallet: 'Add to Google Wallet',
  passOn: 'Pass on to a friend',
  passedOn: (to: string) => `Passed on to ${to}`,
  takeBack: 'Take back',
  takenBack: 'The ticket is yours again.',
};

const seatsKo = (n: number) => `${n}석`;

const ko: typeof en = {
  orderPlaced: '예매가 완료되었습니다.',
  orderPlacedHint: '입장할 때 QR 코드를 보여 주세요. 요금은 현장 매표소에서 내시면 됩니다.',
  orderPaidHint: '입장할 때 QR 코드를 보여 주세요. 티켓은 메일로도 보내 드립니다.',
  orderedWhen: '예매 일시',
  cancelledText: '좌석은 다시 판매되고 티켓은 무효가 되었습니다.',
  payAtBoxOffice: '현장 매표소',
  showCode: '크게 보기',
  downloadPdf: '티켓 PDF 받기',
  addToCalendar: '캘린더에 추가',
  giveBack: '예매 취소',
  whereMoney: '결제·환불 내역',
  refunded: (amount) => `환불 예정 금액은 ${amount}입니다.`,
  orderState: '상태',
  givenBack: '취소한 티켓',
  remains: '남은 티켓',
  cancelOrder: '예매 취소',
  cancelQuestion: '예매를 취소할까요?',
  cancelHint: (n) => `${seatsKo(n)}이 바로 다시 판매되고 티켓은 무효가 됩니다. 되돌릴 수 없습니다.`,
  cancelYes: '예매 취소하기',
  cancelling: '취소하는 중…',
  walletPass: 'Apple 지갑에 추가',
  googleWallet: 'Google 지갑에 추가',
  passOn: '양도하기',
  passedOn: (to) => `${to} 님께 양도했습니다`,
  takeBack: '양도 되돌리기',
  takenBack: '티켓을 되돌렸습니다.',
};

export const orderWords = spoken(en, ko);
