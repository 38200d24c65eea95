import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import {
  type Bar,
  BarKind,
  type Holder,
  type HolderHold,
  type ListHoldersResponse,
} from '../../gen/usher/v1/ticket_manage_pb';
import { count, date, grouped, seatName } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { Notice } from '../../parts/notice';
import { announce } from '../../state/announce';
import { options, Task } from '../../state/organise';
import { Line, Refusal } from './form';

interface HoldersProps {
  performanceId: number;
  organiserId: number;
  onDone(): void;
}

/** Who holds how much of a performance; ends holds, and bars accounts and addresses. */
export function Holders({ performanceId, organiserId, onDone }: HoldersProps) {
  const say = organiseWords.value;
  const task = useMemo(() => new Task(), [performanceId]);
  const told = useSignal('');
  const reason = useSignal('');
  const list = useSignal<ListHoldersResponse | null>(null);
  const bars = useSignal<Bar[]>([]);
  const load = async () => {
    list.value = await ticketDesk.listHolders({ performanceId }, options);
    bars.value = (await ticketDesk.listBarred({ organiserId }, options)).bars;
  };
  useEffect(() => {
    void task.do(load);
  }, [performanceId]);
  const act = (what: () => Promise<string>) =>
    task.do(async () => {
      told.value = await what();
      announce(told.value);
      await load();
      onDone();
    });
  const end = ({ holdId }: HolderHold) =>
    act(async () => {
      const { placeCount } = await ticketDesk.endHold({ performanceId, holdId }, options);
      return say.holdEnded(count(placeCount));
    });
  const bar = (kind: BarKind, value: string) =>
    act(async () => {
      const request = { organiserId, kind, value, reason: reason.value.trim(), untilMs: 0n };
      const made = await ticketDesk.barBuyer(request, options);
      return say.barDone(nameOf(made));
    });
  const unbar = ({ barId }: Bar) =>
    act(async () => {
      await ticketDesk.endBar({ organiserId, barId }, options);
      return say.barEnd;
    });
  const now = list.value;
  const idle = task.busy.value;
  return (
    <section class="card org-holders" aria-labelledby="holders-title">
      <h2 id="holders-title">{say.holdersTitle}</h2>
      <p class="soft">{say.holdersText}</p>
      <Refusal task={task} />
      {told.value ? <Notice tone="plain" icon="check" title={told.value} /> : null}
      <p class="org-actions">
        <button
          type="button"
          class="plain"
          data-action="look-holders"
          disabled={idle}
          onClick={() => void task.do(load)}
        >
          {say.lookAgain}
        </button>
        <span class="soft">
          {now?.holders.length
            ? say.holdersShown(count(now.holders.length), count(now.counts?.held ?? 0))
            : say.holdersNone}
        </span>
      </p>
      {now?.holders.length ? (
        <Line
          label={say.barReason}
          name="bar-reason"
          hint={say.barReasonHint}
          value={reason.value}
          onInput={(value) => {
            reason.value = value.slice(0, 66); // in bytes it is at most 200
          }}
        />
      ) : null}
      <ul class="org-list">
        {now?.holders.map((holder) => (
          <OneHolder
            key={holder.accountId}
            holder={holder}
            idle={idle}
            mayBar={reason.value.trim() !== ''}
            onEnd={(hold) => void end(hold)}
            onBar={(kind, value) => void bar(kind, value)}
          />
        ))}
      </ul>
      <h3>{say.barredTitle}</h3>
      {bars.value.length === 0 ? <p class="soft">{say.barredNone}</p> : null}
      <ul class="org-list">
        {bars.value.map((one) => (
          <li key={one.barId} data-bar={one.value}>
            <span>
              <strong>{nameOf(one)}</strong>
              <span class="soft">
                {[one.reason, one.untilMs > 0n ? say.holdUntil(date(one.untilMs, 'short')) : '']
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </span>
            <button
              type="button"
              class="plain"
              data-action="unbar"
              disabled={idle}
              aria-label={`${say.barEnd}: ${nameOf(one)}`}
              onClick={() => void unbar(one)}
            >
              {say.barEnd}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const nameOf = ({ kind, value }: Bar) => (kind === BarKind.ACCOUNT ? grouped(value) : value);

interface OneHolderProps {
  holder: Holder;
  idle: boolean;
  mayBar: boolean;
  onEnd(hold: HolderHold): void;
  onBar(kind: BarKind, value: string): void;
}

function OneHolder({ holder, idle, mayBar, onEnd, onBar }: OneHolderProps) {
  const say = organiseWords.value;
  const name = grouped(holder.accountId);
  const addresses = [...new Set(holder.holds.map(({ address }) => address).filter(Boolean))];
  return (
    <li data-holder={holder.accountId} data-held={holder.held}>
      <span>
        <strong>
          {name}
          {holder.barred ? ` · ${say.holderBarred}` : ''}
        </strong>
        <span class="soft">{say.holderPlaces(count(holder.held), count(holder.places))}</span>
        {holder.holds.map((hold) => (
          <span class="soft" key={hold.holdId}>
            {[
              hold.labels.map(seatName).join(', '),
              say.holdUntil(date(hold.expiresAtMs, 'short')),
              hold.address ? say.holdFrom(hold.address) : '',
            ]
              .filter(Boolean)
              .join(' · ')}{' '}
            <button
              type="button"
              class="quiet"
              data-action="end-hold"
              disabled={idle}
              aria-label={`${say.endHold}: ${hold.labels.map(seatName).join(', ')}`}
              onClick={() => onEnd(hold)}
            >
              {say.endHold}
            </button>
          </span>
        ))}
      </span>
      <button
        type="button"
        class="plain"
        data-action="bar-account"
        disabled={idle || !mayBar || holder.barred}
        aria-label={`${say.barAccount}: ${name}`}
        onClick={() => onBar(BarKind.ACCOUNT, holder.accountId)}
      >
        {say.barAccount}
      </button>
      {addresses.map((address) => (
        <button
          key={address}
          type="button"
          class="plain"
          data-action="bar-address"
          disabled={idle || !mayBar}
          aria-label={`${say.barAddress}: ${address}`}
          onClick={() => onBar(BarKind.ADDRESS, address)}
        >
          {say.barAddress}
        </button>
      ))}
    </li>
  );
}
