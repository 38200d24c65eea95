// Buys two tickets with Connect for Node, and watches the seats meanwhile.
//
//     node buy.js [URL]       http://127.0.0.1:8080

import { Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { AuthService } from './gen/usher/v1/auth_pb.js';
import { ErrorDetailSchema } from './gen/usher/v1/error_pb.js';
import { PaymentMethod, SaleState, TicketService } from './gen/usher/v1/ticket_pb.js';

let token = '';
const withToken: Interceptor = (next) => (request) => {
  if (token) {
    request.header.set('authorization', `Bearer ${token}`);
  }
  return next(request);
};
const transport = createConnectTransport({
  baseUrl: process.argv[2] ?? 'http://127.0.0.1:8080',
  httpVersion: '2',
  interceptors: [withToken],
});
const tickets = createClient(TicketService, transport);

const { events } = await tickets.listEvents({});
const performance = events
  .flatMap((event) => event.performances)
  .find((p) => p.saleState === SaleState.OPEN && p.saleId === 0);
if (!performance) {
  throw new Error('nothing is on sale');
}
const { performanceId } = performance;
console.log(`${performance.eventName}: ${performance.counts?.free ?? 0} places are free`);

// A snapshot, then what changes.
const stop = new AbortController();
const updates = tickets.watchSeats({ performanceId }, { signal: stop.signal })[Symbol.asyncIterator]();
const before = (await updates.next()).value?.version ?? 0n;

token = (await createClient(AuthService, transport).createGuest({})).token;
// The same request with the same key gets the same answer, however often it has to be asked; each request has its own.
const hold = await tickets.holdBest({ performanceId, party: 2, idempotencyKey: crypto.randomUUID() });
console.log(`held for ${hold.expiresInMs / 1000n} s: ${hold.seats.length} places, ${hold.total} ${hold.currency}`);
for (;;) {
  const { value } = await updates.next();
  if (value && value.version > before) {
    console.log(`watched: ${value.counts?.held ?? 0} places are held`);
    break;
  }
}
stop.abort();

const order = await tickets.placeOrder({
  performanceId,
  holdId: hold.holdId,
  paymentMethod: PaymentMethod.BOX_OFFICE,
  idempotencyKey: hold.holdId,
});
console.log(`order ${order.orderNumber}`);
for (const ticket of order.tickets) {
  console.log(`  ${ticket.label}: ${ticket.ticketCode}`);
}
try {
  await tickets.releaseHold({ performanceId, holdId: hold.holdId });
} catch (error) {
  // Why a call failed: a code for everybody, and a reason of docs/errors.md.
  const [detail] = error instanceof ConnectError ? error.findDetails(ErrorDetailSchema) : [];
  console.log(`and the hold is gone: ${detail?.reason ?? Code[ConnectError.from(error).code]}`);
}
process.exit(0);
