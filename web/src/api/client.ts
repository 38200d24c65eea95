// The clients of the server's services that every page needs, and the one way in which all are called. Services that a
// page alone needs are beside this: line.ts, till.ts, door.ts.

import { AuthService } from '../gen/usher/v1/auth_pb';
import { TicketService } from '../gen/usher/v1/ticket_pb';
import { storage } from '../state/storage';
import { serverClock } from './clock';
import { createClient, type Interceptor } from './connect';
import { failureOf } from './failure';
import { Identity, withIdentity } from './identity';
import { Passes, withPass } from './passes';
import { SignIn } from './signin';

/** How long one try of a call may take. A stream has no end. */
export const call_ms = 10_000;

const withClock: Interceptor = (next) => async (request) => {
  const sent = Date.now();
  const response = await next(request);
  const date = Date.parse(response.header.get('date') ?? '');
  if (!Number.isNaN(date) && !request.stream && !request.get) {
    serverClock.observe(date, sent, Date.now());
  }
  return response;
};

const now = () => serverClock.now();

/** What is asked in nobody's name goes through these: signing in, and what leads there. */
export const nameless: Interceptor[] = [withClock];
const unnamed = createClient(AuthService, nameless);

export const signIn = new SignIn(
  storage,
  (refreshToken) => unnamed.refresh({ refreshToken }, { timeoutMs: call_ms }),
  now,
);

/** Where many guests came from this address lately, a task is solved first, beside the page. */
async function makeGuest() {
  try {
    return await unnamed.createGuest({}, { timeoutMs: call_ms });
  } catch (cause) {
    if (failureOf(cause).reason !== 'WORK_REQUIRED') throw cause;
  }
  const challenge = await unnamed.getGuestChallenge({}, { timeoutMs: call_ms });
  const { solveBeside } = await import('../proof/beside');
  const solution = challenge.algorithm ? await solveBeside(challenge) : 0;
  return unnamed.createGuest({ challenge, solution }, { timeoutMs: call_ms });
}

export const identity = new Identity(
  storage,
  async () => {
    const made = await makeGuest();
    return {
      accountId: made.accountId,
      token: made.token,
      expiresAtMs: Number(made.expiresAtMs),
    };
  },
  now,
  signIn,
);

export const passes = new Passes(storage, now);

const forAnyone = new Set([
  'ListEvents',
  'GetPerformance',
  'GetSeatMap',
  'GetGrades',
  'WatchSeats',
  'ListSales',
  'GetSale',
  'WatchLine',
  'ListProviders',
]);

export const interceptors = [
  withClock,
  withIdentity(identity, (method) => forAnyone.has(method)),
  withPass(passes),
];

export const tickets = createClient(TicketService, interceptors);
