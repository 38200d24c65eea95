import { OrderState } from '../gen/usher/v1/ticket_pb';
import { words } from '../i18n/words';

export function OrderStateWord({ state }: { state: OrderState }) {
  const say = words.value;
  return state === OrderState.CANCELLED ? (
    <span class="state state-out">{say.orderCancelled}</span>
  ) : (
    <span class="state state-open">{say.orderConfirmed}</span>
  );
}
