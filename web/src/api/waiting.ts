// The waiting list: what only a page calls that is loaded apart.

import { TicketService } from '../gen/usher/v1/ticket_wait_pb';
import { interceptors } from './client';
import { createClient } from './connect';

export const waitingList = createClient(TicketService, interceptors);
