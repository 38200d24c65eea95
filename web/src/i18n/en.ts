const places = (n: number) => (n === 1 ? '1 place' : `${n} places`);
const seats = (n: number) => (n === 1 ? '1 seat' : `${n} seats`);

export const en = {
  otherLanguage: '한국어',
  otherLanguageCode: 'ko',
  skip: 'Skip to content',
  back: 'All events',
  myTickets: 'My tickets',
  signIn: 'Sign in',
  fillIn: 'Please fill this in.',
  badEmail: 'Please give a whole address, name@example.com.',
  badPhone: 'Please give a whole number, with digits only.',
  account: 'My account',
  loading: 'Loading…',
  tryAgain: 'Try again',

  eventsTitle: 'Events',
  noEvents: 'Nothing is on sale yet.',
  noEventsHint: 'As soon as an event is announced it appears here.',
  pastTitle: 'Past events',
  pastLink: (n: number) => `Past events (${n})`,
  noPast: 'Nothing yet.',
  search: 'Search events and halls',
  noMatch: (wish: string) => `Nothing here is called “${wish}”.`,
  moreDates: (n: number) => (n === 1 ? 'One more date' : `${n} more dates`),
  chooseSeats: 'Choose seats',
  viewSeats: 'View the hall',
  seeHeld: 'Your held seats',
  noPerformances: 'No dates yet.',
  seatsLeft: (n: string) => `${n} left`,
  soldOut: 'Sold out',
  soldOutText: 'Seats that are given back show here at once. Keep this page open.',
  allHeld: 'All in baskets',
  allHeldText: 'Every seat that is left is held by someone. Look again in a moment.',
  begun: 'Started',
  begunTitle: 'This performance has started',
  begunText: 'Seats are not sold any more. The hall can still be looked at.',
  saleOpen: 'On sale',
  salePaused: 'Paused',
  saleDraft: 'Not yet on sale',
  pricesTitle: 'Prices',
  datesTitle: 'Dates and seats',
  monthBefore: 'The month before',
  monthAfter: 'The next month',
  timesOf: (n: number) => `${n} performances`,
  noticesTitle: 'Good to know',
  noticeHold: (minutes: number) =>
    minutes === 1
      ? 'Seats you choose are yours for one minute while you pay.'
      : `Seats you choose are yours for ${minutes} minutes while you pay.`,
  noticeTicket: 'Tickets come by mail and stand in this browser; each has a code for the door.',
  noticeRefund: 'If you give a ticket back (the dearest as an example)',
  priceFrom: (low: string, high: string) => `${low} – ${high}`,

  stage: 'STAGE',
  seat: (number: string) => `Seat ${number}`,
  seatLabel: (section: string, row: string, number: string) =>
    [section, row && `row ${row}`, number && `seat ${number}`].filter(Boolean).join(', '),
  standing: 'Standing',
  /** By SeatKind; an ordinary seat has no word. */
  seatKinds: ['', 'wheelchair place', 'companion seat', 'restricted view'],
  wheelchairs: 'Wheelchairs',
  restrictedView: 'Seats with a restricted view, too',

  mapLabel: 'Seat map',
  mapHelp:
    'Arrow keys move from seat to seat, Enter chooses. Shift and arrows move the map, plus and minus zoom, 0 shows the whole hall. The best-seats control does the same without the map.',
  mapHint: 'Zoom in and choose your seats',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  zoomFit: 'Show the whole hall',
  linkConnecting: 'Connecting…',
  linkLive: 'Live',
  linkLost: 'Reconnecting…',
  stateFree: 'free',
  stateHeld: 'held by someone',
  stateSold: 'sold',
  stateMine: 'yours',
  stateChosen: 'chosen',
  legendHeld: 'Held',
  legendSold: 'Sold',
  legendMine: 'Yours',
  free: (n: string) => `${n} free`,
  onlyFree: 'Only what is free',
  onlyAccessible: 'Wheelchair places',
  plusFee: (amount: string) => `+ ${amount} booking fee when paid online`,
  sides: { left: 'Left of the stage', centre: 'Facing the stage', right: 'Right of the stage' },
  distances: { near: 'near', middle: 'in the middle of the house', far: 'far back' },

  prices: 'Prices',
  bestTitle: 'Best seats together',
  bestParty: 'How many',
  bestCategory: 'Price',
  anyPrice: 'Any price',
  bestAction: (n: number) => (n === 1 ? 'Find the best seat' : `Find the best ${n} together`),
  fewer: 'One fewer',
  more: 'One more',
  chosenTitle: (n: number, limit: number) => `Your choice · ${n} of ${limit}`,
  chosenNone: 'Choose seats on the map, or let us find the best.',
  remove: (label: string) => `Remove ${label}`,
  clear: 'Clear',
  total: 'Total',
  holdAction: (n: number) => `Hold ${seats(n)}`,
  holding: 'Holding…',
  limitHint: (n: number) => `Up to ${places(n)} a person.`,

  heldTitle: 'Held for you',
  heldUntil: (time: string) => `Yours until ${time}`,
  timeLeft: (time: string) => `Time left ${time}`,
  lastMinute: 'Less than a minute left to complete your order.',
  orderAction: 'Continue to payment',
  ordering: 'Placing your order…',
  releaseAction: 'Give these seats back',
  releasing: 'Giving back…',
  heldAnnounce: (n: number, minutes: number) =>
    `${seats(n)} held for you for ${minutes === 1 ? 'one minute' : `${minutes} minutes`}.`,
  releasedAnnounce: 'The seats are back on sale.',
  chosenAnnounce: (label: string, price: string) => `${label}, ${price}, chosen`,
  removedAnnounce: (label: string) => `${label} removed`,

  orderTitle: 'Order',
  orderNumber: 'Order number',
  doorsOpen: (time: string) => `Doors ${time}`,
  gate: (name: string) => `Gate ${name}`,
  showMap: 'Show on a map',
  orderConfirmed: 'Confirmed',
  orderCancelled: 'Cancelled',
  payment: 'Payment',
  // By PaymentMethod: how an order was paid.
  paidBy: [
    '',
    'At the box office',
    'Paid online',
    'Paid at the box office',
    'Paid by bank deposit',
  ],
  close: 'Close',
  nextTicket: 'Next ticket',
  codeHere: 'Code for presale or discount',
  codeNeeded: 'with a code',
  proofNeeded: 'proof needed at the door',
  ticketOf: (n: number, all: number) => `Ticket ${n} of ${all}`,
  qrLabel: (label: string) => `QR code of the ticket for ${label}`,
  ordersTitle: 'My tickets',
  noOrders: 'No tickets yet.',
  noOrdersHint: 'Orders you place in this browser appear here.',
  showTickets: 'Show tickets',
  moreOrders: 'Show earlier orders',
  cancelNo: 'Keep it',
  print: 'Print',
  places,

  passTime: (time: string) => `Time to buy ${time}`,
  passTitle: 'This sale has a waiting room',
  passText: 'You can look around. To buy, come in through the line.',
  toLine: 'To the line',
  joinLine: 'Join the line',
  opensAt: (time: string) => `Opens ${time}`,
  opensIn: (time: string) => `Opens in ${time}`,
  drawOpen: 'Draw open',
  waiting: (n: string) => `${n} waiting`,
  pausedTitle: 'The sale is paused',
  pausedText:
    'No new seats can be held for the moment. A hold you already have can still be ordered.',
  draftTitle: 'Not on sale yet',
  draftText: 'You can look around the hall. This page opens by itself when the sale does.',
  proveNow: 'Confirm now',
  repriced: 'Prices have changed',
  repricedText: 'What you see now is what places cost from here on.',
  overtaken: (labels: string) => `Just taken by someone else: ${labels}.`,
  failures: {
    SEATS_TAKEN: {
      title: (n: number): string =>
        n > 1 ? 'Those seats were just taken' : 'That seat was just taken',
      text: 'Someone was a moment faster. Nothing is held for you.',
    },
    NO_ADJACENT_SEATS: {
      title: (): string => 'Not enough seats side by side',
      text: 'There is no free run of that length. Try fewer people or another price, or sit near one another.',
    },
    ALL_HELD: {
      title: (): string => 'All in baskets',
      text: 'Every seat of this kind that is left is held by someone. Look again in a moment, or choose another price.',
    },
    SOLD_OUT: {
      title: (): string => 'Sold out',
      text: 'No seat of this kind is left. Choose another price or date.',
    },
    LIMIT_REACHED: {
      title: (): string => 'That is the limit',
      text: 'Seats you hold and seats you have bought count together.',
    },
    HOLD_TOO_EARLY: {
      title: (): string => 'A short pause first',
      text: 'Seats that you held lately went back unused. You can hold seats again in a moment; buying ends the pauses.',
    },
    SALE_NOT_OPEN: {
      title: (): string => 'The sale is not open',
      text: 'No new seats can be held right now. Keep this page open; it follows along.',
    },
    PERFORMANCE_BEGUN: {
      title: (): string => 'This performance has started',
      text: 'Its tickets are not sold or given back here any more. The box office can help.',
    },
    HOLD_EXPIRED: {
      title: (): string => 'Your hold has ended',
      text: 'The time was up and the seats went back on sale. You can choose again.',
    },
    HOLD_NOT_FOUND: {
      title: (): string => 'This hold no longer exists',
      text: 'It was given back or has ended. You can choose again.',
    },
    ALREADY_CANCELLED: {
      title: (): string => 'Already cancelled',
      text: 'This order was cancelled before. Nothing else changed.',
    },
    KEY_REUSED: {
      title: (): string => 'This request was already used',
      text: 'Nothing happened twice. Please try once more.',
    },
    OWNER_UNAVAILABLE: {
      title: (): string => 'The box office is catching its breath',
      text: 'We tried a few times without an answer. Nothing was lost; please try again.',
    },
    BUSY: {
      title: (): string => 'Very many people are here',
      text: 'Please try again in a moment.',
    },
    PASS_REQUIRED: {
      title: (): string => 'Come in through the line',
      text: 'This show is sold through a waiting room. Take a number there first.',
    },
    PASS_INVALID: {
      title: (): string => 'Come in through the line',
      text: 'This pass is not yours. Take a number of your own.',
    },
    PASS_OVER: {
      title: (): string => 'Your time to buy is over',
      text: 'It ran out, or you went on elsewhere. Go to the waiting room to come in again.',
    },
    LINE_NOT_OPEN: {
      title: (): string => 'Nobody can join yet',
      text: 'The line is not open, or the sale is over. Keep this page open; it follows along.',
    },
    NOT_IN_LINE: {
      title: (): string => 'You have no number yet',
      text: 'Take a number first.',
    },
    NOT_YET_SERVED: {
      title: (): string => 'It is not your turn yet',
      text: 'Your number is called as soon as there is room.',
    },
    TURN_OVER: {
      title: (): string => 'Your turn has passed',
      text: 'Your place was not kept any longer. You can take a new number.',
    },
    GUESTS_NOT_ADMITTED: {
      title: (): string => 'Please sign in',
      text: 'In this sale every place in line belongs to an account.',
    },
    WORK_REQUIRED: {
      title: (): string => 'Many came from your network',
      text: 'Your device has to solve a task first. Please try again, or sign in.',
    },
    BARRED: {
      title: (): string => 'You cannot buy from this organiser',
      text: 'The organiser does not sell to this account, or from this network. What you bought stays yours.',
    },
    PERSON_NEEDED: {
      title: (): string => 'Please confirm who you are',
      text: 'Tickets of this show are counted by person, over all accounts. It takes a minute, and once is enough.',
    },
    PERSON_REFUSED: {
      title: (): string => 'That could not be confirmed',
      text: 'Check the code and its three minutes, or what you typed in, and try again.',
    },
    PERSON_OTHER: {
      title: (): string => 'This account is another person’s',
      text: 'It was confirmed for somebody else before. Please use an account of your own.',
    },
    PERSON_HAS_PLACE: {
      title: (): string => 'You have a place already',
      text: 'You are in this line with another account. One person has one place: go on there.',
    },
    NOT_YOUR_RECEIPT: {
      title: (): string => 'That place is not yours',
      text: 'It belongs to another account.',
    },
    PAYMENT_MISMATCH: {
      title: (): string => 'This is not the payment of your order',
      text: 'Nothing has changed. Please go back to your order and try again.',
    },
    REFUND_CHANGED: {
      title: (): string => 'The amount has changed meanwhile',
      text: 'Please look at the new amount before you go on.',
    },
    CODE_UNKNOWN: {
      title: (): string => 'This code is not good here',
      text: 'No such code is good for these seats now. Seats held before it began keep their price.',
    },
    CODE_USED: {
      title: (): string => 'The code is used up',
      text: 'It has too few places left, in all or for you. Try again later.',
    },
    CODE_NEEDED: {
      title: (): string => 'These seats need a code',
      text: 'Type it below the prices.',
    },
    PRICE_TYPE: {
      title: (): string => 'Not possible for these seats',
      text: 'This price is not to be had here, or not for so many seats. A companion needs a place for a wheelchair beside it.',
    },
    SEAT_LEFT_ALONE: {
      title: (): string => 'A single seat would be left alone',
      text: 'Take it too, or others beside one another in this row.',
    },
    CATEGORY_LIMIT_REACHED: {
      title: (): string => 'That is the limit for this price',
      text: 'Seats you hold and seats you have bought count together.',
    },
    HOLD_IN_PAYMENT: {
      title: (): string => 'You are paying for these seats',
      text: 'Who they are for can be changed before a payment begins. Give the seats back to choose anew.',
    },
    AMOUNT_CHANGED: {
      title: (): string => 'The price has changed meanwhile',
      text: 'Nothing was charged. Please reload the page and look at the new amount.',
    },
    TOO_LATE: {
      title: (): string => 'Too late to give back',
      text: 'By the rules of this show nothing is returned any more.',
    },
    TICKET_USED: {
      title: (): string => 'A ticket was used at the door',
      text: 'What was used is not taken back.',
    },
    LOGIN_FAILED: {
      title: (): string => 'Address or password is wrong',
      text: 'Please check both. If you have forgotten your password you can set a new one.',
    },
    SECOND_FACTOR_NEEDED: {
      title: (): string => 'One more step',
      text: 'Please give the six digits that your authenticator shows now.',
    },
    SESSION_ENDED: {
      title: (): string => 'You are signed out',
      text: 'The session was ended, or has run out. Please sign in again.',
    },
    PASSWORD_REFUSED: {
      title: (): string => 'Please choose another password',
      text: 'At least 8 characters, not your name or address, and none of the passwords everybody uses.',
    },
    CODE_REFUSED: {
      title: (): string => 'That code is not right',
      text: 'Check the latest mail. A code ends after 10 minutes; you can ask for another.',
    },
    ADDRESS_TAKEN: {
      title: (): string => 'This address has an account already',
      text: 'Please sign in with it.',
    },
    PROVIDER_UNAVAILABLE: {
      title: (): string => 'The service does not answer',
      text: 'Please try again, or sign in another way.',
    },
    PROVIDER_REFUSED: {
      title: (): string => 'The service did not confirm it',
      text: 'Nothing has changed. Please begin again.',
    },
    PROVIDER_TAKEN: {
      title: (): string => 'That is connected to another account',
      text: 'Sign in with it to disconnect it there first.',
    },
    SIGN_IN_AGAIN: {
      title: (): string => 'Please sign in once more',
      text: 'Sign out, sign in again, and do it within ten minutes.',
    },
    BAD_ARGUMENT: {
      title: (): string => 'That did not work',
      text: 'The request was not understood. Please reload the page.',
    },
    NOT_FOUND: {
      title: (): string => 'Not found',
      text: 'This page does not exist, or is not yours.',
    },
    NOT_ALLOWED: {
      title: (): string => 'You may not do that',
      text: 'It needs another account, or a role that yours has not.',
    },
    OFFLINE: {
      title: (): string => 'No connection',
      text: 'We could not reach the box office. Check your network; we keep your choice.',
    },
    UNKNOWN: {
      title: (): string => 'Something went wrong',
      text: 'Please try again. If it stays like this, reload the page.',
    },
  },
  takeNearest: (n: number) =>
    n === 1 ? 'Take the nearest free seat' : `Take the nearest ${n} free seats`,
  takeInstead: (n: number): string => (n === 1 ? 'Choose it instead' : 'Choose them instead'),
  takeApart: (n: number) => `Find ${n} near one another`,
  takeAgain: (n: number): string =>
    n === 1 ? 'Try the same seat again' : 'Try the same seats again',
  nearestAre: (names: string) => `Free and nearest: ${names}.`,
  offlineCopy: 'Without a network: as last seen in this browser',
  offlineCopyText: 'The codes are good at the door.',
  dismiss: 'Dismiss',

  footTitle: 'About this site',
  footTerms: 'Terms',
  footPrivacy: 'Privacy',
  footHelp: 'Help',
  footTest: 'Test money: nothing is really charged.',
};

export type Words = typeof en;
