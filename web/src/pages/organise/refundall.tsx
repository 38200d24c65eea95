import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { moneyDesk } from '../../api/organise';
import { type RefundJob, RefundJobState } from '../../gen/usher/v1/payment_manage_pb';
import { type Performance, SaleState } from '../../gen/usher/v1/ticket_pb';
import { count, money } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import { Confirm } from '../../parts/confirm';
import { again, options, Task } from '../../state/organise';
import { Line, Refusal } from './form';

const job_ms = 2_000;

interface RefundAllProps {
  performance: Performance;
  state: SaleState;
}

/** A performance that does not take place: first what would go back, then the job, then how far it is. */
export function RefundAll({ performance, state }: RefundAllProps) {
  const say = organiseWords.value;
  const { performanceId } = performance;
  const task = useMemo(() => new Task(), []);
  const preview = useSignal<RefundJob | null>(null);
  const job = useSignal<RefundJob | null>(null);
  const reason = useSignal('');
  const asking = useSignal(false);
  const paused = state === SaleState.PAUSED;
  const look = async () => {
    // There may be none yet; then nothing runs.
    job.value = await moneyDesk
      .getRefundJob({ performanceId, jobId: '' }, options)
      .catch(() => job.peek());
  };
  const left = preview.value ? leftOf(preview.value) : 0n;
  const running = job.value?.state === RefundJobState.RUNNING;
  useEffect(() => {
    if (paused) void look();
  }, [paused]);
  useEffect(() => (running ? again(look, job_ms) : undefined), [running]);
  const begin = async (dryRun: boolean) => {
    const request = { performanceId, dryRun, reason: reason.value };
    await task.do(async () => {
      const told = await moneyDesk.beginRefundJob(request, options);
      if (dryRun) preview.value = told;
      else job.value = told;
    });
    asking.value = false;
  };
  return (
    <section class="card org-refund" aria-labelledby="refund-all-title">
      <h2 id="refund-all-title">{say.refundTitle}</h2>
      <p class="soft">{say.refundText}</p>
      <Refusal task={task} />
      {job.value ? <Progress job={job.value} /> : null}
      {preview.value && !running ? <Totals job={preview.value} /> : null}
      {left > 0n && !running ? (
        <Line
          label={`${say.refundReason} (${say.optional})`}
          name="refund-reason"
          value={reason.value}
          onInput={(value) => {
            reason.value = value.slice(0, 30);
          }}
        />
      ) : null}
      <p class="org-actions">
        <button
          type="button"
          class="plain"
          data-action="refund-look"
          disabled={!paused || task.busy.value || running}
          onClick={() => void begin(true)}
        >
          {say.refundLook}
        </button>
        {left > 0n ? (
          <button
            type="button"
            class="danger"
            data-action="refund-all"
            disabled={!paused || task.busy.value || running}
            onClick={() => {
              asking.value = true;
            }}
          >
            {say.refundYes}
          </button>
        ) : null}
      </p>
      {asking.value ? (
        <Confirm
          question={say.refundQuestion}
          hint={say.refundHint}
          yes={say.refundYes}
          no={say.refundNo}
          busy={task.busy.value}
          onYes={() => void begin(false)}
          onNo={() => {
            asking.value = false;
          }}
        />
      ) : null}
    </section>
  );
}

/** How many orders would be given back: what jobs have done before stands beside them. */
const leftOf = ({ totals }: RefundJob) => totals.reduce((sum, { orders }) => sum + orders, 0n);

function Totals({ job }: { job: RefundJob }) {
  const say = organiseWords.value;
  if (leftOf(job) === 0n) return <p data-preview>{say.refundNothing}</p>;
  const totals = job.totals.filter(({ orders }) => orders > 0n);
  return (
    <ul class="org-totals" data-preview>
      {totals.map((one) => (
        <li key={one.provider + one.currency}>
          <strong class="numeric">
            {say.refundTotals(count(Number(one.orders)), money(one.amount, one))}
          </strong>{' '}
          <span class="soft">
            {[
              one.provider,
              one.refundsPerMinute > 0 && say.refundLimit(count(one.refundsPerMinute)),
              one.oldOrders > 0n && say.refundOld(count(Number(one.oldOrders))),
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Progress({ job }: { job: RefundJob }) {
  const say = organiseWords.value;
  return (
    <output class="org-progress" data-job={RefundJobState[job.state]}>
      <strong>{job.state === RefundJobState.DONE ? say.refundDone : say.refundRunning}</strong>
      {job.totals.map((one) => (
        <div key={one.provider + one.currency}>
          <progress
            max={Number(one.orders)}
            value={Number(one.doneOrders + one.failedOrders)}
            aria-label={one.provider}
          />
          <span class="numeric">
            {say.refundProgress(count(Number(one.doneOrders)), count(Number(one.orders)))} ·{' '}
            {money(one.doneAmount, one)}
          </span>
          {one.failedOrders > 0n ? (
            <p class="field-bad">
              {(one.provider === 'box-office' ? say.refundCounter : say.refundFailed)(
                count(Number(one.failedOrders)),
              )}
            </p>
          ) : null}
        </div>
      ))}
    </output>
  );
}
