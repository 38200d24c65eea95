// The pages around the map in every state they can be in: the waiting room, paying, giving back, signing in. What the
// services would say is said by fakes; the whole way with the services themselves is in whole.mjs.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { answerFor, Refusal } from './fakes.mjs';
import { visit } from './steps.mjs';
import { desktop, phone } from './visitor.mjs';

const S = String;
const account = '01jdv3q4w8e6r5t7y9z0a1b2c3';

export const status = (more = {}) => ({
  saleId: 1,
  state: 'LINE_STATE_OPEN',
  version: '5',
  serving: '100',
  last: '900',
  inside: 480,
  capacity: 500,
  ratePerMin: 60,
  placesLeft: 1204,
  nowMs: S(Date.now()),
  chances: [
    { category: 0, name: 'VIP', free: 0 },
    { category: 1, name: 'R', free: 212 },
    { category: 2, name: 'S', free: 992 },
  ],
  ...more,
});

const sale = (now, more = {}) => ({
  saleId: 1,
  name: 'Opening Night',
  performanceIds: [1],
  opensAtMs: S(Date.now() + 3_600_000),
  closesAtMs: S(Date.now() + 9e8),
  timeZone: 'Asia/Seoul',
  guests: true,
  claimMs: 120_000,
  passMs: 600_000,
  status: now,
  nowMs: S(Date.now()),
  ...more,
});

const placed = (more = {}) => ({
  saleId: 1,
  number: '700',
  receipt: 'receipt',
  state: 'PLACE_STATE_WAITING',
  joinedAtMs: S(Date.now()),
  waitMinMs: '300000',
  waitMaxMs: '900000',
  ...more,
});

/** A line whose status and place a case can change under the page. */
export function lineOf(now, place, more) {
  const line = { status: now, place, sale: sale(now, more) };
  line.fakes = {
    'WaitroomService/GetSale': () => ({ ...line.sale, status: line.status }),
    'WaitroomService/WatchLine': () => [line.status],
    'WaitroomService/GetChallenge': () => ({}),
    'WaitroomService/GetPlace': () => {
      if (!line.place) throw new Refusal('not_found', 'NOT_IN_LINE');
      return line.place;
    },
    'WaitroomService/Join': () => (line.place = placed()),
    'WaitroomService/Enter': () => {
      line.place = placed({ state: 'PLACE_STATE_INSIDE' });
      return { pass: 'a-pass', saleId: 1, number: '700', expiresAtMs: S(Date.now() + 600_000) };
    },
    'WaitroomService/Leave': () => {
      line.place = null;
      return {};
    },
  };
  return line;
}

const asGuest = (page) =>
  page.addInitScript((accountId) => {
    const guest = { accountId, token: 'guest', expiresAtMs: Date.now() + 1e9 };
    localStorage.setItem('usher.guest', JSON.stringify(guest));
  }, account);

const hold = '01jdv3q4w8e6r5t7y9z0a1b2c4';
const withHold = (page, leftMs = 400_000) =>
  page.addInitScript(
    ([holdId, left]) => {
      const seats = [12, 13].map((n) => ({
        seat: n,
        label: `101, row C, seat ${n}`,
        category: 0,
        amount: 165_000,
      }));
      const kept = {
        holdId,
        performanceId: 1,
        seats,
        expiresAtMs: Date.now() + left,
        total: 330_000,
        currency: 'KRW',
        currencyDigits: 0,
        orderKey: 'key',
      };
      if (!sessionStorage.getItem('given')) localStorage.setItem('usher.hold.1', JSON.stringify(kept));
      sessionStorage.setItem('given', 'yes');
    },
    [hold, leftMs],
  );

const payment = (more = {}) => ({
  paymentId: '01jdv3q4w8e6r5t7y9z0a1b2c5',
  orderId: hold,
  performanceId: 1,
  provider: 'toss',
  state: 'PAYMENT_STATE_WAITING',
  amount: '330000',
  currency: 'KRW',
  createdAtMs: S(Date.now()),
  ...more,
});

const providers = {
  'PaymentService/ListProviders': () => ({
    providers: [{ name: 'toss', title: 'Toss Payments', testMoney: true, methods: ['card', 'kakaopay'] }],
  }),
};

const order = (more = {}) => ({
  orderId: hold,
  performanceId: 1,
  eventName: 'Opening Night',
  startsAtMs: S(Date.now() + 3e9),
  state: 'ORDER_STATE_CONFIRMED',
  paymentMethod: 'PAYMENT_METHOD_CARD',
  tickets: [12, 13].map((n) => ({
    ticketCode: `CODE-OF-TICKET-${n}-${'x'.repeat(40)}`,
    seat: n,
    label: `101, row C, seat ${n}`,
    amount: '165000',
  })),
  total: '330000',
  currency: 'KRW',
  placedAtMs: S(Date.now()),
  hallName: 'Demo Hall',
  utcOffsetMinutes: 540,
  ...more,
});

const english = { ...phone, locale: 'en-GB' };
export const standing = (a, state) => a.page.waitForSelector(`.line[data-standing=${state}]`);

export const ways = {
  'a number is taken, waited for, called, and leads inside with a pass': (world) =>
    visit(world, [english], async (a) => {
      const line = lineOf(status(), null);
      const asked = await answerFor(a.page, line.fakes);
      await a.page.goto(`${a.url}/line/1?p=1`);
      await standing(a, 'UNSPECIFIED');
      await a.isAccessible('before the line');
      await a.press('join');
      await standing(a, 'WAITING');
      assert.match(await a.page.textContent('.big'), /^700$/);
      assert.match(await a.page.textContent('.line-ahead'), /600 people ahead/);
      assert.match(await a.page.textContent('.facts'), /7–15 minutes/);
      assert.match(await a.page.title(), /^600 people ahead/);
      assert.deepEqual(await a.page.locator('.chance').allTextContents(), ['sold out', 'likely', 'likely']);
      await a.isAccessible('waiting');
      await a.picture('line-waiting-phone');
      line.status = status({ version: '6', serving: '400' });
      await a.page.waitForSelector('.line-number[data-ahead="300"]');
      assert.equal(await a.page.getAttribute('[role=progressbar]', 'aria-valuenow'), '50');
      // A reload changes nothing, and the way behind is not forgotten.
      await a.page.reload();
      await a.page.waitForSelector('.line-number[data-ahead="300"]');
      assert.equal(await a.page.getAttribute('[role=progressbar]', 'aria-valuenow'), '50');
      line.place = placed({ state: 'PLACE_STATE_SERVED', claimUntilMs: S(Date.now() + 90_000) });
      line.status = status({ version: '7', serving: '700' });
      await standing(a, 'SERVED');
      await a.page.waitForFunction(() => document.title.includes('Your turn'));
      await a.page.waitForFunction(() =>
        document.querySelector('[data-announcement]').textContent.includes('It is your turn'),
      );
      await a.isAccessible('one’s turn');
      await a.picture('line-served-phone');
      await a.press('enter');
      await standing(a, 'INSIDE');
      await a.press('seats');
      await a.page.waitForURL(/\/p\/1$/);
      assert.ok(asked.some(({ name }) => name === 'Enter'));
      const kept = await a.page.evaluate(() => localStorage.getItem('usher.passes'));
      assert.match(kept, /a-pass/);
    }),

  'a pass is shown with what buys, and with nothing else': (world) =>
    visit(
      world,
      [desktop],
      async (a) => {
        const seen = {};
        await a.page.route(/TicketService\/(HoldBest|GetPerformance|ListOrders)/, (route) => {
          const name = /\/(\w+)(\?|$)/.exec(new URL(route.request().url()).pathname)[1];
          seen[name] = route.request().headers()['usher-pass'] ?? null;
          return route.continue();
        });
        await a.page.addInitScript(() => {
          const pass = { pass: 'a-pass', saleId: 1, performanceIds: [1], expiresAtMs: Date.now() + 6e5 };
          localStorage.setItem('usher.passes', JSON.stringify([pass]));
        });
        await a.openHall();
        await a.live();
        await a.press('best');
        await a.page.waitForFunction(() => document.querySelector('.held, .notice-bad'));
        await a.page.goto(`${a.url}/orders`);
        await a.page.waitForSelector('.trouble, .sheet');
        assert.equal(seen.HoldBest, 'a-pass');
        assert.equal(seen.GetPerformance, null);
        assert.equal(seen.ListOrders ?? null, null);
      },
      true,
    ),

  'a place is restored by its receipt, given up after a question, and lost with words': (world) =>
    visit(
      world,
      [english],
      async (a) => {
        await asGuest(a.page);
        await a.page.addInitScript(() => {
          localStorage.setItem('usher.line.1', JSON.stringify({ receipt: 'receipt', servingAtFirst: 40 }));
        });
        const line = lineOf(status(), null);
        let handedIn = null;
        await answerFor(a.page, {
          ...line.fakes,
          'WaitroomService/RestoreReceipt': ({ receipt }) => {
            handedIn = receipt;
            return (line.place = placed());
          },
        });
        await a.page.goto(`${a.url}/line/1`);
        await standing(a, 'WAITING');
        assert.equal(handedIn, 'receipt');
        await a.press('leave');
        await a.page.waitForSelector('dialog[open]');
        await a.isAccessible('the question');
        await a.page.click('dialog .danger');
        await standing(a, 'UNSPECIFIED');
        assert.equal(await a.page.evaluate(() => localStorage.getItem('usher.line.1')), null);
        for (const [state, words] of [
          ['SKIPPED', /Your turn has passed/],
          ['DONE', /You have left the sale/],
        ]) {
          line.place = placed({ state: `PLACE_STATE_${state}` });
          await a.page.reload();
          await standing(a, state);
          assert.match(await a.page.textContent('.line-card h2'), words);
          await a.isAccessible(state);
        }
        line.status = status({ state: 'LINE_STATE_OVER' });
        line.place = placed();
        await a.page.reload();
        await a.page.waitForSelector('.line[data-state=OVER]');
        assert.match(await a.page.textContent('.line-card h2'), /The sale is over/);
      },
      true,
    ),

  'before the opening: the countdown by the server’s clock, the draw, and its check': (world) =>
    visit(world, [english], async (a) => {
      await asGuest(a.page);
      const line = lineOf(status({ state: 'LINE_STATE_ANNOUNCED', serving: '0', last: '0' }), null);
      const secret = Buffer.alloc(32, 7);
      const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
      const other = createHmac('sha256', secret).update(Buffer.alloc(16, 1)).digest();
      const own = createHmac('sha256', secret).update(bytesOfId(account)).digest();
      const keys = [own, other].sort(Buffer.compare);
      const index = keys.indexOf(own);
      const leaves = keys.map((key) => sha(Buffer.from([0]), key));
      const draw = {
        saleId: 1,
        commitment: sha(secret).toString('base64'),
        secret: secret.toString('base64'),
        root: sha(Buffer.from([1]), ...leaves).toString('base64'),
        entrants: 2,
        proof: [leaves[1 - index].toString('base64')],
        leafIndex: index,
      };
      let told = { saleId: 1, commitment: draw.commitment };
      await answerFor(a.page, {
        ...line.fakes,
        'WaitroomService/GetDraw': () => told,
        'WaitroomService/Join': () => (line.place = placed({ number: '0', state: 'PLACE_STATE_IN_DRAW' })),
      });
      await a.page.goto(`${a.url}/line/1`);
      assert.match(await a.page.textContent('.until'), /^ ?(59:5\d|1:00:00)$/);
      assert.equal(await a.page.locator('[data-action=join]').count(), 0);
      line.status = status({ version: '6', state: 'LINE_STATE_DRAW', entrants: 1, serving: '0', last: '0' });
      await a.page.waitForSelector('[data-action=join]');
      assert.match(await a.page.textContent('.line'), /you can enter without an account/);
      await a.press('join');
      await standing(a, 'IN_DRAW');
      await a.isAccessible('in the draw');
      await a.picture('line-draw-phone');
      await a.page.click('.line-good a');
      await a.page.waitForSelector('.notice');
      assert.match(await a.page.textContent('.hashes'), new RegExp(Buffer.from(draw.commitment, 'base64').toString('hex')));
      told = draw;
      line.place = placed({ number: S(index + 1) });
      await a.page.reload();
      await a.page.waitForSelector('[data-draw=good]');
      assert.equal(await a.page.locator('.steps li').count(), 4);
      await a.isAccessible('the draw');
      await a.picture('draw-good-phone');
      told = { ...draw, secret: Buffer.alloc(32, 8).toString('base64') };
      await a.page.reload();
      await a.page.waitForSelector('[data-draw=bad]');
    }, true), // a place that is not there yet is written to the console
  
  'work that is asked for is done beside the page': (world) =>
    visit(world, [desktop], async (a) => {
      const line = lineOf(status(), null);
      const { pbkdf2Sync } = await import('node:crypto');
      const nonce = '00112233445566778899aabbccddeeff';
      const salt = 'ffeeddccbbaa99887766554433221100';
      const password = Buffer.concat([Buffer.from(nonce, 'hex'), Buffer.from([0, 0, 0, 21])]);
      const key = pbkdf2Sync(password, Buffer.from(salt, 'hex'), 1000, 32, 'sha256').toString('hex');
      const challenge = {
        algorithm: 'PBKDF2/SHA-256',
        nonce,
        salt,
        cost: 1000,
        keyLength: 32,
        keyPrefix: key.slice(0, 32),
        signature: 'signed',
      };
      // Many came from this address: a guest is made for work too.
      const asked = await answerFor(a.page, {
        ...line.fakes,
        'WaitroomService/GetChallenge': () => challenge,
        'AuthService/GetGuestChallenge': () => ({ ...challenge, signature: 'for a guest' }),
        'AuthService/CreateGuest': ({ solution }) => {
          if (solution !== 21) throw new Refusal('failed_precondition', 'WORK_REQUIRED');
          return { accountId: '0'.repeat(26), token: 'a-token', expiresAtMs: S(Date.now() + 86_400_000) };
        },
      });
      await a.page.goto(`${a.url}/line/1`);
      await a.press('join');
      await standing(a, 'WAITING');
      const { request } = asked.find(({ name }) => name === 'Join');
      assert.equal(request.solution, 21);
      assert.equal(request.challenge.signature, 'signed');
      const guests = asked.filter(({ name }) => name === 'CreateGuest');
      assert.deepEqual(guests.map((one) => one.request.solution), [0, 21]);
      assert.equal(guests[1].request.challenge.signature, 'for a guest');
    }, true), // the refusal is written to the console

  'an account is asked for where the sale wants one, and the way leads back': (world) =>
    visit(
      world,
      [english],
      async (a) => {
        const line = lineOf(status(), null, { guests: false });
        await answerFor(a.page, {
          ...line.fakes,
          'AuthService/LogIn': ({ password }) => {
            if (password !== 'right password') throw new Refusal('unauthenticated', 'LOGIN_FAILED');
            return session();
          },
        });
        await a.page.goto(`${a.url}/line/1`);
        await a.press('sign-in');
        await a.press('submit');
        await a.page.waitForFunction(() => document.activeElement.name === 'email');
        await a.isAccessible('signing in, wrong');
        await a.page.fill('[name=email]', 'minji.kim@example.com');
        await a.page.fill('[name=password]', 'wrong password');
        await a.press('submit');
        await a.page.waitForSelector('.notice[data-reason=LOGIN_FAILED]');
        await a.page.fill('[name=password]', 'right password');
        await a.press('submit');
        await a.page.waitForURL(/\/line\/1$/);
        await a.page.waitForSelector('[data-action=join]');
        const kept = await a.page.evaluate(() => JSON.stringify(localStorage));
        assert.ok(!kept.includes('access-token'), 'the access token is in memory alone');
      },
      true, // a refused sign-in is written to the console
    ),

  'an account is made with a code, and a guest keeps what is theirs': (world) =>
    visit(
      world,
      [english],
      async (a) => {
        await asGuest(a.page);
        let ended = false;
        const asked = await answerFor(a.page, {
          'AuthService/CreateAccount': () => ({ requestId: 'a-request' }),
          'AuthService/VerifyEmail': ({ code }) => {
            if (code !== '12345678') throw new Refusal('invalid_argument', 'CODE_REFUSED');
            return session();
          },
          'AuthService/GetAccount': () => session().account,
          'AuthService/ListSessions': () => ({
            sessions: [
              { sessionId: 'here', device: 'Chrome · Android', present: true, usedAtMs: S(Date.now()) },
              ...(ended ? [] : [{ sessionId: 'there', device: 'Safari · iPhone', usedAtMs: S(Date.now()) }]),
            ],
          }),
          'AuthService/ListReminders': () => ({}),
          'AuthService/EndSession': ({ sessionId }) => {
            ended = sessionId === 'there';
            return {};
          },
          'AuthService/ExportAccount': () => ({ json: Buffer.from('{}').toString('base64') }),
        });
        await a.page.goto(`${a.url}/register`);
        await a.page.fill('[name=name]', 'Kim Minji');
        await a.page.fill('[name=email]', 'minji.kim@example.com');
        await a.page.fill('[name=password]', 'correct horse battery');
        await a.press('submit');
        await a.page.waitForFunction(() => document.activeElement.name === 'terms');
        await a.page.check('[name=terms]');
        await a.press('submit');
        await a.page.waitForSelector('[name=code]');
        await a.isAccessible('the code');
        await a.page.fill('[name=code]', '00000000');
        await a.press('submit');
        await a.page.waitForSelector('.notice[data-reason=CODE_REFUSED]');
        await a.page.fill('[name=code]', '12345678');
        await a.press('submit');
        await a.page.waitForSelector('.date');
        const made = asked.find(({ name }) => name === 'CreateAccount');
        assert.equal(made.headers.authorization, 'Bearer guest');
        assert.equal(asked.find(({ name }) => name === 'VerifyEmail').request.requestId, 'a-request');
        assert.equal(await a.page.evaluate(() => localStorage.getItem('usher.guest')), null);
        await a.page.click('.top-account');
        await a.page.waitForSelector('.account-head');
        await a.isAccessible('the account');
        await a.page.click('[aria-labelledby=sessions-title] .sessions button');
        await a.page.waitForFunction(() => document.querySelectorAll('[aria-labelledby=sessions-title] .sessions li').length === 1);
        const file = a.page.waitForEvent('download');
        await a.press('export');
        assert.equal((await file).suggestedFilename(), 'usher-my-data.json');
      },
      true,
    ),

  'a payment is begun once, made elsewhere, and ends in tickets': (world) =>
    visit(world, [english], async (a) => {
      await asGuest(a.page);
      await withHold(a.page);
      let paid = payment();
      const asked = await answerFor(a.page, {
        ...providers,
        'PaymentService/BeginPayment': () => payment({ redirectUrl: `${a.url}/icon.svg` }),
        'PaymentService/GetPayment': () => paid,
        'TicketService/GetOrder': () => order(),
      });
      await a.page.goto(`${a.url}/pay/1`);
      await a.page.waitForSelector('.notice:has-text("Test money")');
      await a.isAccessible('the order form');
      await a.picture('pay-phone');
      await a.page.fill('[name=name]', 'Kim Minji');
      await a.page.fill('[name=email]', 'minji.kim@example.com');
      await a.page.fill('[name=phone]', 'call me');
      await a.page.check('[name=terms]');
      await a.press('pay');
      await a.page.waitForFunction(() => document.activeElement.name === 'phone');
      await a.page.fill('[name=phone]', '010-1234-5678');
      await a.press('pay');
      await a.page.waitForURL(/icon\.svg$/);
      const begun = asked.filter(({ name }) => name === 'BeginPayment');
      assert.equal(begun.length, 1);
      assert.deepEqual(begun[0].request.contact, {
        name: 'Kim Minji',
        email: 'minji.kim@example.com',
        phone: '010-1234-5678',
        language: 'en',
      });
      assert.equal(begun[0].request.returnUrl, '/pay/return');
      // Back without having paid: the attempt is there to be gone on with.
      await a.page.goto(`${a.url}/pay/1`);
      await a.page.waitForSelector('[data-action=continue]');
      await a.isAccessible('an open payment');
      paid = payment({ state: 'PAYMENT_STATE_UNCLEAR' });
      await a.page.goto(`${a.url}/pay/return?payment=${paid.paymentId}`);
      await a.page.waitForSelector('[data-payment=UNCLEAR]');
      await a.isAccessible('unclear');
      paid = payment({ state: 'PAYMENT_STATE_DONE', order: order() });
      await a.page.waitForURL(/\/orders\/[^/]+\?placed$/);
      await a.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
      assert.match(await a.page.textContent('.order-head'), /Paid online/);
      assert.equal(await a.page.evaluate(() => localStorage.getItem('usher.hold.1')), null);
    }),

  'what costs nothing is ordered at once': (world) =>
    visit(world, [english], async (a) => {
      await asGuest(a.page);
      await withHold(a.page);
      const asked = await answerFor(a.page, {
        ...providers,
        'PaymentService/QuotePurchase': () => ({ terms: {}, currency: 'KRW', refunds: [] }),
        'TicketService/PlaceOrder': () => order({ paymentMethod: 'PAYMENT_METHOD_BOX_OFFICE', total: '0' }),
        'TicketService/GetOrder': () => order({ paymentMethod: 'PAYMENT_METHOD_BOX_OFFICE', total: '0' }),
      });
      await a.page.goto(`${a.url}/pay/1`);
      await a.page.waitForSelector('[data-action=pay]');
      assert.equal(await a.page.$('.pay-ways'), null, 'nobody is asked how he pays');
      await a.page.fill('[name=name]', 'Kim Minji');
      await a.page.fill('[name=email]', 'minji.kim@example.com');
      await a.page.check('[name=terms]');
      await a.press('pay');
      await a.page.waitForURL(/\/orders\/[^/]+\?placed$/);
      const placed = asked.filter(({ name }) => name === 'PlaceOrder');
      assert.equal(placed[0].request.paymentMethod, 'PAYMENT_METHOD_BOX_OFFICE');
    }),

  'declined, given up, late and refunded each say what happened and what to do': async (world) => {
    for (const [state, more, words, action] of [
      ['DECLINED', { message: 'Limit exceeded' }, /declined.*still held/s, '[data-action=again]'],
      ['DECLINED', { reason: 'AMOUNT_REFUSED' }, /takes no such amount.*still held/s, '[data-action=again]'],
      ['ABANDONED', {}, /not completed.*Nothing was charged/s, '[data-action=again]'],
      ['REFUNDING', {}, /on its way back.*₩330,000/s, 'a:has-text("Where is my money?")'],
      ['REFUNDED', {}, /was returned.*₩330,000/s, 'a:has-text("Choose seats")'],
    ]) {
      await visit(world, [{ ...english, colorScheme: 'dark' }], async (a) => {
        await asGuest(a.page);
        await withHold(a.page);
        await answerFor(a.page, {
          'PaymentService/GetPayment': () => payment({ state: `PAYMENT_STATE_${state}`, testMoney: true, ...more }),
        });
        await a.page.goto(`${a.url}/pay/return?payment=x`);
        await a.page.waitForSelector(`[data-payment=${state}]`);
        await a.page.waitForSelector('.notice:has-text("Test money")');
        assert.match(await a.page.textContent('.outcome'), words);
        await a.page.waitForSelector(action);
        await a.isAccessible(state);
        await a.picture(`paid-${state.toLowerCase()}-phone`);
      });
    }
  },

  'a way back in another browser says where the result is': (world) =>
    visit(
      world,
      [english],
      async (a) => {
        await answerFor(a.page, {
          'PaymentService/GetPayment': () => {
            throw new Refusal('not_found', 'NOT_FOUND');
          },
        });
        await a.page.goto(`${a.url}/pay/return?payment=x`);
        await a.page.waitForSelector('[data-payment=ELSEWHERE]');
      },
      true,
    ),

  'a ticket’s code fills the screen, files are had, and giving back shows what returns': (world) =>
    visit(world, [english], async (a) => {
      await asGuest(a.page);
      let kept = order();
      const asked = await answerFor(a.page, {
        'TicketService/GetOrder': () => kept,
        'DoorService/GetTicketFile': ({ format }) => ({
          name: format === 'TICKET_FORMAT_PDF' ? 'tickets.pdf' : 'tickets.ics',
          mediaType: 'application/octet-stream',
          content: Buffer.from('content').toString('base64'),
        }),
        'PaymentService/PreviewRefund': ({ seats }) => ({
          refund: seats.length === 1 ? '148500' : '297000',
          charge: seats.length === 1 ? '16500' : '33000',
          currency: 'KRW',
          possible: true,
          steps: [
            { untilMs: S(Date.now() + 1e9), refund: '297000', charge: '33000' },
            { untilMs: S(Date.now() + 2e9), refund: '264000', charge: '66000' },
          ],
        }),
        'PaymentService/RefundOrder': () => {
          kept = order({ tickets: [kept.tickets[1]] }); // its total stays what was ordered
          return { refundId: 'r', orderId: hold, state: 'REFUND_STATE_PENDING', amount: '148500', charge: '16500', currency: 'KRW', createdAtMs: S(Date.now()) };
        },
        'PaymentService/GetMoneyStory': () => ({
          orderId: hold,
          payments: [payment({ state: 'PAYMENT_STATE_DONE', testMoney: true })],
          events: [{ atMs: S(Date.now()), what: 'call', text: 'confirmed', amount: '330000' }],
        }),
        'PaymentService/ListReceipts': () => ({ receipts: [] }),
      });
      await a.page.goto(`${a.url}/orders/${hold}`);
      await a.page.waitForSelector('.qr[data-modules]:not([data-modules="0"])');
      await a.page.click('[data-action=show] >> nth=0');
      await a.page.waitForSelector('.full-code .qr[data-modules]:not([data-modules="0"])');
      const code = await a.page.locator('.full-code .qr').boundingBox();
      assert.ok(code.width > 300, `the code is ${code.width} px wide`);
      await a.isAccessible('a code');
      await a.picture('code-phone');
      await a.page.click('.full-code-next');
      await a.page.waitForSelector('.full-code-seat:has-text("seat 13")');
      await a.page.keyboard.press('Escape');
      await a.page.waitForSelector('.full-code', { state: 'detached' });
      for (const [action, name] of [
        ['pdf', 'tickets.pdf'],
        ['calendar', 'tickets.ics'],
      ]) {
        const file = a.page.waitForEvent('download');
        await a.press(action);
        assert.equal((await file).suggestedFilename(), name);
      }
      await a.press('cancel');
      await a.page.waitForSelector('.refund-sums:has-text("₩297,000")');
      await a.isAccessible('giving back');
      await a.picture('refund-phone');
      await a.page.uncheck('.refund-which input >> nth=1');
      await a.page.waitForSelector('.refund-sums:has-text("₩148,500")');
      await a.press('refund');
      await a.page.waitForFunction(() => document.querySelectorAll('.ticket').length === 1);
      for (const part of ['given-back', 'remains']) await a.page.waitForSelector(`[data-${part}]:has-text("₩165,000")`);
      assert.match(await a.page.textContent('.order-head'), /₩330,000/);
      const { request } = asked.find(({ name }) => name === 'RefundOrder');
      assert.deepEqual(request.seats, [12]);
      assert.equal(request.expectedRefund, '148500');
      await a.page.click('.sheet-actions a:has-text("Where is my money?")');
      await a.page.waitForSelector('.story-events');
      await a.page.waitForSelector('[data-test-money]');
      await a.isAccessible('the money');
    }),
};

function session() {
  return {
    sessionId: 's',
    accessToken: 'access-token',
    accessExpiresAtMs: S(Date.now() + 600_000),
    refreshToken: 'refresh',
    refreshExpiresAtMs: S(Date.now() + 1e9),
    account: {
      accountId: account,
      email: 'minji.kim@example.com',
      emailVerified: true,
      name: 'Kim Minji',
      createdAtMs: S(Date.now()),
    },
  };
}

/** The 16 bytes of an id, as src/mem/id.h writes it. */
function bytesOfId(id) {
  let value = 0n;
  for (const letter of id) value = (value << 5n) | BigInt('0123456789abcdefghjkmnpqrstvwxyz'.indexOf(letter));
  return Buffer.from(value.toString(16).padStart(32, '0'), 'hex');
}
