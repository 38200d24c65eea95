// What a client must be able to do, told once for every client that is driven from Node.
//
// A client has call(method, message, options), watch(message, options) -> updates that can be cancelled, and
// abandon(method, message, options). Messages are the JSON form of protobuf, with every field present in what
// comes. A call that failed throws Failed.

import assert from 'node:assert/strict';

const sale = 1; // the demo's performance
const boxOffice = 'PAYMENT_METHOD_BOX_OFFICE';
const auth = { service: 'usher.v1.AuthService' };

export const codes = ['ok', 'canceled', 'unknown', 'invalid_argument', 'deadline_exceeded', 'not_found',
  'already_exists', 'permission_denied', 'resource_exhausted', 'failed_precondition', 'aborted', 'out_of_range',
  'unimplemented', 'internal', 'unavailable', 'data_loss', 'unauthenticated'];

// A call that ended in an error: its code by Connect's name, and its ErrorDetail, {} without one.
export class Failed extends Error {
  constructor(code, message, detail) {
    super(`${code}: ${message} ${JSON.stringify(detail ?? {})}`);
    this.code = code;
    this.sentence = message;
    this.detail = detail ?? {};
  }
}

// Waits, and is content only with this error; returns its detail.
async function refused(code, reason, promise) {
  const answer = await promise.catch((error) => error);
  if (!(answer instanceof Failed)) {
    throw answer instanceof Error ? answer : new Error(`${code} was to be the answer, not ${JSON.stringify(answer)}`);
  }
  assert.deepEqual([answer.code, answer.detail.reason ?? ''], [code, reason], answer.message);
  assert.ok(answer.sentence, 'an error without a sentence');
  return answer.detail;
}

function statesOf(snapshot) {
  const packed = Buffer.from(snapshot.states, 'base64');
  return Array.from({ length: snapshot.placeCount }, (_, i) => (packed[i >> 2] >> (2 * (i % 4))) & 3);
}

// Follows a stream of updates, and insists that none is missing.
class Watcher {
  constructor(client, options = {}) {
    this.updates = client.watch({ performanceId: sale }, options);
    this.version = -1;
    this.snapshots = 0;
    this.seen = 0;
  }

  async next() {
    const { value: update, done } = await this.updates.next();
    assert.ok(!done, 'the stream ended');
    const version = Number(update.version);
    if (update.snapshot) {
      this.states = statesOf(update.snapshot);
      this.snapshots++;
    } else {
      assert.equal(Number(update.delta.fromVersion), this.version, 'the version a delta begins at');
      for (const change of update.delta.changes) {
        this.states[change >> 2] = change & 3;
      }
    }
    assert.ok(version >= this.version, `version ${version} after ${this.version}`);
    this.version = version;
    this.seen++;
    const counts = [0, 0, 0];
    for (const state of this.states) {
      counts[state]++;
    }
    assert.deepEqual([update.counts.free, update.counts.held, update.counts.sold], counts);
  }

  async untilVersion(version) {
    while (this.version < version) {
      await this.next();
    }
  }

  cancel() {
    return this.updates.cancel();
  }
}

// [name, test] of every check, in order. crowd: {calls, watchers, updates}.
export function story(client, operatorKey, crowd) {
  const guest = async () => (await client.call('CreateGuest', {}, auth)).token;
  const hold = (token, seats, more = {}) => client.call('HoldSeats', { performanceId: sale, seats, ...more }, { token });
  const best = (token, party, more = {}) => client.call('HoldBest', { performanceId: sale, party, ...more }, { token });
  const release = (token, holdId) => client.call('ReleaseHold', { performanceId: sale, holdId }, { token });
  const organise = (method, message) => client.call(method, message, { token: operatorKey });
  const seatsOf = (held) => held.seats.map((s) => s.seat).sort((a, b) => a - b);

  async function freeSeats(count) {
    const watcher = new Watcher(client);
    await watcher.untilVersion(Number((await client.call('GetPerformance', { performanceId: sale })).version));
    await watcher.cancel();
    for (let first = watcher.states.length - count; first > 0; first--) {
      if (watcher.states.slice(first, first + count).every((state) => state === 0)) {
        return Array.from({ length: count }, (_, i) => first + i);
      }
    }
    throw new Error('no free seats');
  }

  const checks = {
    async health() {
      const health = { service: 'grpc.health.v1.Health' };
      for (const service of ['', 'usher.v1.TicketService']) {
        assert.equal((await client.call('Check', { service }, health)).status, 'SERVING');
      }
      await refused('not_found', '', client.call('Check', { service: 'no.such.Service' }, health));
    },

    async guest() {
      const [one, other] = await Promise.all([client.call('CreateGuest', {}, auth), client.call('CreateGuest', {}, auth)]);
      assert.notEqual(one.accountId, other.accountId);
      assert.ok(Number(one.expiresAtMs) > 1.6e12);
    },

    async catalog() {
      const { events } = await client.call('ListEvents', {});
      const performance = await client.call('GetPerformance', { performanceId: sale });
      assert.equal(events[0].performances[0].performanceId, sale);
      assert.equal(performance.saleState, 'SALE_STATE_OPEN');
      assert.equal(performance.eventName, events[0].name);
      await refused('not_found', 'NOT_FOUND', client.call('GetPerformance', { performanceId: 999 }));
    },

    async 'seat-map'() {
      const { hall } = await client.call('GetPerformance', { performanceId: sale });
      const layout = await client.call('GetSeatMap', { layoutHash: hall.layoutHash });
      const seats = layout.sections.flatMap((section) => section.rows.flatMap((row) => row.numbers));
      assert.equal(seats.length, hall.placeCount);
      await refused('not_found', 'NOT_FOUND', client.call('GetSeatMap', { layoutHash: '0'.repeat(64) }));
    },

    async watch() {
      const watcher = new Watcher(client);
      await watcher.next();
      assert.equal(watcher.snapshots, 1);
      const [token, seats] = [await guest(), await freeSeats(3)];
      const held = await hold(token, seats);
      await watcher.untilVersion(Number(held.version));
      assert.deepEqual(seats.map((s) => watcher.states[s]), [1, 1, 1]);
      await watcher.untilVersion(Number((await release(token, held.holdId)).version));
      assert.deepEqual(seats.map((s) => watcher.states[s]), [0, 0, 0]);
      await watcher.cancel();
      await guest();
    },

    async 'watch-of-nothing'() {
      await refused('not_found', 'NOT_FOUND', client.watch({ performanceId: 999 }).next());
    },

    async 'hold-and-taken'() {
      const [first, second, beside] = await freeSeats(3);
      const held = await hold(await guest(), [first, second]);
      assert.deepEqual(seatsOf(held), [first, second]);
      const token = await guest();
      const detail = await refused('aborted', 'SEATS_TAKEN', hold(token, [second, beside]));
      assert.deepEqual(detail.seats, [second]);
      assert.equal(detail.nearest.length, 2);
      assert.ok(!detail.nearest.includes(first));
      await hold(token, detail.nearest);
    },

    async 'hold-best-and-release'() {
      const token = await guest();
      const held = await best(token, 3);
      const seats = seatsOf(held);
      assert.deepEqual(seats, [seats[0], seats[0] + 1, seats[0] + 2]);
      await refused('not_found', 'HOLD_NOT_FOUND', release(await guest(), held.holdId));
      await release(token, held.holdId);
      await refused('not_found', 'HOLD_NOT_FOUND', release(token, held.holdId));
      const other = await best(token, 2, { category: 0 });
      assert.deepEqual(other.seats.map((s) => s.category), [0, 0]);
    },

    async order() {
      const token = await guest();
      const held = await best(token, 2);
      const wish = { performanceId: sale, holdId: held.holdId, paymentMethod: boxOffice };
      const order = await client.call('PlaceOrder', wish, { token });
      assert.equal(order.state, 'ORDER_STATE_CONFIRMED');
      const performance = await client.call('GetPerformance', { performanceId: order.performanceId });
      assert.deepEqual(
        [order.eventName, order.hallName, order.startsAtMs],
        [performance.eventName, performance.hall.name, performance.startsAtMs],
      );
      assert.deepEqual(order.tickets.map((t) => t.seat).sort((a, b) => a - b), seatsOf(held));
      assert.deepEqual(await client.call('GetOrder', { orderId: order.orderId }, { token }), order);
      assert.deepEqual((await client.call('ListOrders', {}, { token })).orders, [order]);
      await refused('not_found', 'NOT_FOUND', client.call('GetOrder', { orderId: order.orderId }, { token: await guest() }));
      for (let i = 0; i < 2; i++) {
        const cancelled = await client.call('CancelOrder', { orderId: order.orderId }, { token });
        assert.equal(cancelled.state, 'ORDER_STATE_CANCELLED');
      }
      await hold(await guest(), seatsOf(held));
    },

    async 'same-key-same-answer'() {
      const [token, seats] = [await guest(), await freeSeats(4)];
      const held = await hold(token, seats.slice(0, 2), { idempotencyKey: 'first' });
      const repeated = await hold(token, seats.slice(0, 2), { idempotencyKey: 'first' });
      assert.ok(Number(repeated.expiresInMs) <= Number(held.expiresInMs)); // which is counted from each answer
      assert.deepEqual({ ...repeated, expiresInMs: held.expiresInMs }, held);
      await refused('already_exists', 'KEY_REUSED', hold(token, seats.slice(2), { idempotencyKey: 'first' }));
      const wish = { performanceId: sale, holdId: held.holdId, paymentMethod: boxOffice, idempotencyKey: 'second' };
      const order = await client.call('PlaceOrder', wish, { token });
      assert.deepEqual(await client.call('PlaceOrder', wish, { token }), order);
      // The answer above would come by the hold alone; that the key is known shows where the hold is another.
      const other = await hold(token, seats.slice(2));
      const reused = client.call('PlaceOrder', { ...wish, holdId: other.holdId }, { token });
      await refused('already_exists', 'KEY_REUSED', reused);
      // An order that is there is the answer under any key; that key is used by it from then on.
      wish.idempotencyKey = 'third';
      assert.deepEqual(await client.call('PlaceOrder', wish, { token }), order);
      assert.deepEqual(await client.call('PlaceOrder', wish, { token }), order);
      const again = client.call('PlaceOrder', { ...wish, holdId: other.holdId }, { token });
      await refused('already_exists', 'KEY_REUSED', again);
      assert.deepEqual((await client.call('ListOrders', {}, { token })).orders, [order]);
    },

    async unauthenticated() {
      for (const token of [undefined, 'forged', `${(await guest()).slice(0, -2)}AA`]) {
        await refused('unauthenticated', '', best(token, 1));
      }
    },

    async 'invalid-argument'() {
      const token = await guest();
      assert.equal((await refused('invalid_argument', 'BAD_ARGUMENT', hold(token, []))).field, 'seats');
      assert.equal((await refused('invalid_argument', 'BAD_ARGUMENT', hold(token, [4_000_000]))).field, 'seats');
      assert.equal((await refused('invalid_argument', 'BAD_ARGUMENT', best(token, 9))).field, 'party');
      const long = { idempotencyKey: 'k'.repeat(65) };
      assert.equal((await refused('invalid_argument', 'BAD_ARGUMENT', best(token, 1, long))).field, 'idempotency_key');
    },

    async 'unknown-method'() {
      await refused('unimplemented', '', client.unknown('usher.v1.TicketService', 'NoSuchMethod'));
    },

    async 'unknown-service'() {
      await refused('unimplemented', '', client.unknown('usher.v1.NoSuchService', 'HoldSeats'));
    },

    async 'deadline-of-a-stream'() {
      const watcher = new Watcher(client, { timeoutMs: 500 });
      await watcher.next();
      await refused('deadline_exceeded', '', watcher.untilVersion(Number.POSITIVE_INFINITY));
    },

    async 'deadline-of-a-call'() {
      const large = { name: 'Late', capacity: 100_000 };
      await refused('deadline_exceeded', '', client.call('GenerateHall', large, { token: operatorKey, timeoutMs: 20 }));
    },

    async 'cancel-of-a-call'() {
      await refused('canceled', '', client.abandon('GenerateHall', { name: 'Given up', capacity: 100_000 }, { token: operatorKey }));
      await guest();
    },

    async 'many-watchers-many-updates'() {
      const watchers = Array.from({ length: crowd.watchers }, () => new Watcher(client));
      await Promise.all(watchers.map((watcher) => watcher.next()));
      const [token, seats] = [await guest(), await freeSeats(4)];
      let version = 0;
      for (let i = 0; i < crowd.updates; i++) {
        const held = await hold(token, seats);
        // Each waits for what all see before the next change, so that there are as many updates as changes.
        await watchers[0].untilVersion(Number(held.version));
        version = Number((await release(token, held.holdId)).version);
      }
      await Promise.all(watchers.map((watcher) => watcher.untilVersion(version)));
      for (const watcher of watchers) {
        assert.deepEqual(watcher.states, watchers[0].states);
        assert.ok(watcher.seen >= crowd.updates, `${watcher.seen} updates`);
        await watcher.cancel();
      }
    },

    async 'five-megabytes'() {
      const token = await guest();
      await refused('resource_exhausted', '', best(token, 1, { idempotencyKey: 'k'.repeat(5_000_000) }));
      await best(token, 1);
    },

    async 'organiser-only'() {
      const token = await guest();
      for (const [method, message] of [['ListHalls', {}], ['CreateEvent', { name: 'x' }], ['PauseSale', { performanceId: sale }]]) {
        await refused('unauthenticated', '', client.call(method, message));
        await refused('permission_denied', '', client.call(method, message, { token }));
      }
    },

    async 'organiser-sells'() {
      const rows = ['A', 'B'].map((name, i) => ({
        row_number: name, position: { x: 0, y: 30 * i },
        seats: [0, 1, 2, 3, 4].map((k) => ({ seat_number: `${k + 1}`, seat_guid: `${name}${k}`, position: { x: 25 * k, y: 0 }, category: 'One price' })),
      }));
      const plan = {
        name: 'Two rows', categories: [{ name: 'One price', color: '#2a6fdb' }], size: { width: 400, height: 300 },
        zones: [{ name: 'Front', position: { x: 20, y: 20 }, rows, areas: [] }],
      };
      const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64');
      const hall = await organise('ImportHall', { name: 'Small hall', plan: encoded(plan) });
      assert.equal(hall.placeCount, 10);
      const event = await organise('CreateEvent', { name: 'Evening', description: 'Two rows' });
      const { performanceId } = await organise('CreatePerformance', {
        eventId: event.eventId, hallId: hall.hallId, startsAtMs: '1900000000000', utcOffsetMinutes: -300, currency: 'EUR',
        prices: [{ category: 0, amount: '4500' }],
      });
      const token = await guest();
      const draft = client.call('HoldSeats', { performanceId, seats: [0] }, { token });
      await refused('not_found', 'NOT_FOUND', draft);
      await organise('PublishEvent', { eventId: event.eventId });
      const take = (seats) => client.call('HoldSeats', { performanceId, seats }, { token });
      await refused('failed_precondition', 'SALE_NOT_OPEN', take([0]));
      await organise('OpenSale', { performanceId });
      const held = await take([0, 1]);
      assert.deepEqual([held.total, held.currency, held.seats[1].label], ['9000', 'EUR', 'Front, row A, seat 2']);
      await organise('PauseSale', { performanceId });
      await refused('failed_precondition', 'SALE_NOT_OPEN', take([2]));
      await client.call('PlaceOrder', { performanceId, holdId: held.holdId, paymentMethod: boxOffice }, { token });
      const report = await organise('GetSaleReport', { performanceId });
      assert.deepEqual([report.counts.sold, report.soldTotal, report.orderCount], [2, '9000', 1]);
      const before = await organise('ListHalls', {});
      plan.zones[0].rows[1].seats[2].category = 'Unknown';
      for (const wrong of [encoded(plan), encoded([]), Buffer.from('{').toString('base64'), '']) {
        await refused('invalid_argument', 'BAD_ARGUMENT', organise('ImportHall', { name: 'Wrong', plan: wrong }));
      }
      assert.deepEqual(await organise('ListHalls', {}), before);
    },

    async crowd() {
      const guests = await Promise.all(Array.from({ length: crowd.calls }, guest));
      const before = (await client.call('GetPerformance', { performanceId: sale })).counts;
      const answers = await Promise.allSettled(guests.map((token) => best(token, 2, { apart: true })));
      const holds = answers.filter((a) => a.status === 'fulfilled').map((a) => a.value);
      for (const { reason } of answers.filter((a) => a.status === 'rejected')) {
        assert.equal(reason.code, 'aborted', reason.message);
        assert.ok(['NO_ADJACENT_SEATS', 'ALL_HELD', 'SOLD_OUT'].includes(reason.detail?.reason), reason.message);
      }
      const seats = holds.flatMap(seatsOf);
      assert.equal(new Set(seats).size, seats.length, 'a seat was given twice');
      assert.equal(holds.length, Math.min(crowd.calls, Math.floor(before.free / 2)));
    },

    async 'at-last-a-normal-call'() {
      await guest();
    },
  };
  return Object.entries(checks);
}
