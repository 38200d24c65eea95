import { useEffect, useMemo } from 'preact/hooks';
import { SaleState } from '../gen/usher/v1/ticket_pb';
import { date } from '../i18n/format';
import { words } from '../i18n/words';
import { SeatMap } from '../map/seatmap';
import { StateWord } from '../parts/availability';
import { Notice } from '../parts/notice';
import { Trouble } from '../parts/trouble';
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
  if (!performance || !plan) return <p class="loading">{words.value.loading}</p>;
  const held = sale.hold.value !== null;
  return (
    <div class={`sale${held ? ' sale-held' : ''}`}>
      <SeatMap sale={sale} plan={plan} />
      <aside class="panel" aria-label={words.value.chooseSeats}>
        <div class="panel-head">
          <div>
            <h1>{performance.eventName}</h1>
            <StateWord state={sale.saleState.value} free={sale.counts.value.free} />
          </div>
          <p>
            {date(performance.startsAtMs, 'full')} · {performance.hall?.name}
          </p>
        </div>
        <div class="panel-body">
          <SaleNotice sale={sale} />
          <Refusal sale={sale} plan={plan} />
          {held ? (
            <Held sale={sale} />
          ) : (
            <>
              <Prices sale={sale} plan={plan} />
              <BestPicker sale={sale} plan={plan} />
            </>
          )}
        </div>
        {held ? null : <Chosen sale={sale} plan={plan} />}
      </aside>
    </div>
  );
}

function SaleNotice({ sale }: { sale: Sale }) {
  const say = words.value;
  switch (sale.saleState.value) {
    case SaleState.PAUSED:
      return <Notice tone="warn" icon="pause" title={say.pausedTitle} text={say.pausedText} />;
    case SaleState.DRAFT:
      return <Notice tone="plain" icon="clock" title={say.draftTitle} text={say.draftText} />;
    default:
      return null;
  }
}
