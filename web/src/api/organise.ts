// The clients of who runs events. All is asked in the name of who is signed in: drafts are told to their team alone.

import { AuthService } from '../gen/usher/v1/auth_manage_pb';
import { DoorService } from '../gen/usher/v1/door_manage_pb';
import { PaymentService } from '../gen/usher/v1/payment_manage_pb';
import { TicketService } from '../gen/usher/v1/ticket_manage_pb';
import { TillService } from '../gen/usher/v1/till_manage_pb';
import { WaitroomService } from '../gen/usher/v1/waitroom_manage_pb';
import { WebhookService } from '../gen/usher/v1/webhook_manage_pb';
import { identity } from './client';
import { createClient } from './connect';
import { withIdentity } from './identity';

const named = [withIdentity(identity, () => false)];

export const ticketDesk = createClient(TicketService, named);
export const teamDesk = createClient(AuthService, named);
export const lineDesk = createClient(WaitroomService, named);
export const moneyDesk = createClient(PaymentService, named);
export const webhookDesk = createClient(WebhookService, named);
export const tillDesk = createClient(TillService, named);
export const orderDesk = createClient(DoorService, named);
