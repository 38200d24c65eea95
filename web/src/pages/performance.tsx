import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type Performance, SaleState } from '../gen/usher/v1/ticket_pb';
import { starts } from '../i18n/format';
import { words } from '../i18n/words';
import type { Plan } from '../map/plan';
import { SeatMap } from '../map/seatmap';
import { StateWord } from '../parts/availability';
import { useKeptFocus } from '../parts/focus';
import { Icon } from '../parts/icon';
import { Later } from '../parts/later';
import { Notice } from '../parts/notice';
import { Trouble } from '../parts/trouble';
import { useNow } from '../parts/until';
import { countdown } from '../state/countdown';
import { paths } from '../state/route';
import { Sale } from '../state/sale';
import { BestPicker } from './best';
import { Chosen } from './chosen';
import { Held } from './held';
import { Prices } from './prices';
import { Refusal } from './refusal';

export function PerformancePage({ performanceId }: { performanceId: number }) {
  const sale = useMemo(() => new Sale(performanceId), [performanceId]);
  useEffect(() => {
    sale.start();
    return () => sale.stop();
  }, [sale]);
  const performance = sale.performance.value;
  useEffect(() => {
    if (performance) document.title = `${performance.eventName} · Usher`;
  }, [performance]);

  if (sale.lost.value) return <Trouble failure={sale.lost.value} retry={() => void sale.load()} />;
  const plan = sale.plan.value;
  if (!performance) return <p class="loading">{words.value.loading}</p>;
  const kilobytes = Math.round(sale.received.value / 1000);
  return (
    <div class="sale">
      {plan ? (
        <SeatMap sale={sale} plan={plan} />
      ) : (
        <div class="map">
          <p class="loading">
            {words.value.loading}
            {kilobytes > 0 && ` ${kilobytes} kB`}
          </p>
        </div>
      )}
      <Panel sale={sale} plan={plan} performance={performance} />
    </div>
  );
}

interface PanelProps {
  sale: Sale;
  plan: Plan | null; // not here yet
  performance: Performance;
}

function Panel({ sale, plan, performance }: PanelProps) {
  const panel = useRef<HTMLElement>(null);
  useKeptFocus(panel);
  return (
    <aside ref={panel} class="panel" tabIndex={-1} aria-label={words.value.chooseSeats}>
      <div class="panel-head">
        <div>
          <h1 title={performance.eventName}>{performance.eventName}</h1>
          <StateWord
            state={sale.saleState.value}
            counts={sale.counts.value}
            begun={sale.begun.value}
          />
        </div>
        <p>
          {starts(performance, 'full')} · {performance.hall?.name}
        </p>
        {sale.pass.value ? <PassTime endsAtMs={sale.pass.value.expiresAtMs} /> : null}
      </div>
      {plan ? <Choosing sale={sale} plan={plan} performance={performance} /> : <Bones />}
    </aside>
  );
}

/** As tall as what is to come on a phone, so that the map above has its height from the start. */
const Bones = () => (
  <div class="panel-body" aria-busy="true">
    {[68, 28, 46, 46, 40].map((height, n) => (
      <div key={n} class="bone" style={{ flex: 'none', height }} />
    ))}
  </div>
);

function Choosing({ sale, plan, performance }: PanelProps & { plan: Plan }) {
  const held = sale.hold.value !== null;
  return (
    <>
      <div class="panel-body" key={held ? 'held' : 'free' /* begins at its top again */}>
        {sale.notice.value ? <Later load={loadSaid} props={{ id: sale.notice.value }} /> : null}
        <SaleNotice sale={sale} />
        <Refusal sale={sale} plan={plan} />
        {performance.offerMs || sale.soldOut.value ? (
          <Later load={loadWaiting} props={{ sale, plan }} />
        ) : null}
        {held ? (
          <Held sale={sale} />
        ) : (
          <>
            <Prices sale={sale} plan={plan} />
            <Fee sale={sale} />
            <BestPicker sale={sale} plan={plan} />
          </>
        )}
      </div>
      {held ? null : <Chosen sale={sale} plan={plan} />}
    </>
  );
}

const loadSaid = () => import('../parts/said').then(({ Said }) => Said);
const loadWaiting = () => import('../parts/waiting').then(({ Waiting }) => Waiting);

/** What comes on top of the prices; loaded after the hall, which nobody waits longer for. */
function Fee({ sale }: { sale: Sale }) {
  const part = useSignal<typeof import('../parts/feenote').FeeNote | null>(null);
  useEffect(() => {
    import('../parts/feenote').then(
      ({ FeeNote }) => {
        part.value = FeeNote;
      },
      () => {}, // the order form tells it again
    );
  }, [part]);
  return part.value ? (
    <part.value
      performanceId={sale.performanceId}
      onFee={(feeOf) => {
        sale.feeOf.value = feeOf;
      }}
    />
  ) : null;
}

/** How long one may buy, where others wait for one's place. */
function PassTime({ endsAtMs }: { endsAtMs: number }) {
  const { text, warning } = countdown(endsAtMs, useNow());
  return (
    <p class={`pass-time${warning ? ' pass-ending' : ''}`}>
      <Icon name="clock" />
      {words.value.passTime(text)}
    </p>
  );
}

function SaleNotice({ sale }: { sale: Sale }) {
  const say = words.value;
  if (sale.begun.value) {
    return <Notice tone="plain" icon="clock" title={say.begunTitle} text={say.begunText} />;
  }
  if (sale.needsPass.value && sale.hold.value === null) {
    return (
      <Notice tone="warn" icon="people" title={say.passTitle} text={say.passText}>
        <a
          class="small"
          data-action="line"
          href={paths.line(sale.saleId.value, sale.performanceId)}
        >
          {say.toLine}
        </a>
      </Notice>
    );
  }
  switch (sale.saleState.value) {
    case SaleState.PAUSED:
      return <Notice tone="warn" icon="pause" title={say.pausedTitle} text={say.pausedText} />;
    case SaleState.DRAFT:
      return <Notice tone="plain" icon="clock" title={say.draftTitle} text={say.draftText} />;
    default:
      if (!sale.soldOut.value) return null;
      return sale.counts.value.held > 0 ? (
        <Notice tone="warn" icon="clock" title={say.allHeld} text={say.allHeldText} />
      ) : (
        <Notice
          tone="plain"
          icon="ticket"
          title={say.soldOut}
          text={sale.performance.value?.offerMs ? '' : say.soldOutText}
        />
      );
  }
}
