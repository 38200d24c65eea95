// The one client of the server's services: Connect, binary, same origin.

import { createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { AuthService } from '../gen/usher/v1/auth_pb';
import { TicketService } from '../gen/usher/v1/ticket_pb';
import { shelf } from '../state/shelf';
import { serverClock } from './clock';
import { Identity, withIdentity } from './identity';

/** How long one try of a call may take. A stream has no end. */
export const call_ms = 10_000;

const withClock: Interceptor = (next) => async (request) => {
  const sent = Date.now();
  const response = await next(request);
  const date = Date.parse(response.header.get('date') ?? '');
  if (!Number.isNaN(date) && !request.stream && request.requestMethod === 'POST') {
    serverClock.observe(date, sent, Date.now());
  }
  return response;
};

const options = { baseUrl: location.origin, useBinaryFormat: true, useHttpGet: true };

const auth = createClient(
  AuthService,
  createConnectTransport({ ...options, interceptors: [withClock] }),
);

export const identity = new Identity(
  shelf,
  async () => {
    const made = await auth.createGuest({}, { timeoutMs: call_ms });
    return {
      accountId: made.accountId,
      token: made.token,
      expiresAtMs: Number(made.expiresAtMs),
    };
  },
  () => serverClock.now(),
);

const forAnyone = new Set(['ListEvents', 'GetPerformance', 'GetSeatMap', 'WatchSeats']);

export const tickets = createClient(
  TicketService,
  createConnectTransport({
    ...options,
    interceptors: [withClock, withIdentity(identity, (method) => forAnyone.has(method))],
  }),
);
