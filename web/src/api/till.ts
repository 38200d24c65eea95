import { PaymentService } from '../gen/usher/v1/payment_pb';
import { interceptors } from './client';
import { createClient } from './connect';

export const till = createClient(PaymentService, interceptors);
