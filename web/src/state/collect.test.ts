import { expect, test } from 'vitest';
import { PaymentState } from '../gen/usher/v1/payment_pb';
import { warningOf } from './collect';

const told = (state: PaymentState, again = false) =>
  warningOf({ orderNumber: 'T12', state, again });

test('what is taken is kept, unless it was paid before or there is nothing to pay any more', () => {
  expect(told(PaymentState.DONE)).toBe('');
  expect(told(PaymentState.CAPTURED)).toBe('');
  expect(told(PaymentState.DONE, true)).toContain('T12');
  for (const state of [PaymentState.REFUNDING, PaymentState.REFUNDED]) {
    expect(told(state)).toContain('T12');
    expect(told(state)).not.toBe(told(state, true));
  }
});
