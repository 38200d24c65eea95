import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ticketDesk } from '../../api/organise';
import type { SeatBlock } from '../../gen/usher/v1/ticket_manage_pb';
import { count, date, seatName } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import type { Plan } from '../../map/plan';
import { Notice } from '../../parts/notice';
import { announce } from '../../state/announce';
import { empty } from '../../state/choice';
import type { HouseSale } from '../../state/housesale';
import { options, Task } from '../../state/organise';
import { msInZone, ownZone } from '../../state/zone';
import { Choice, Line, Refusal } from './form';

const labels_shown = 6;

interface BlocksProps {
  sale: HouseSale;
  plan: Plan;
  onDone(): void;
}

/** House seats: what is kept back, and free places that are chosen to be. */
export function Blocks({ sale, plan, onDone }: BlocksProps) {
  const say = organiseWords.value;
  const { performanceId } = sale;
  const task = useMemo(() => new Task(), []);
  const list = useSignal<SeatBlock[] | null>(null);
  const told = useSignal('');
  const load = async () => {
    list.value = (await ticketDesk.listSeatBlocks({ performanceId }, options)).blocks;
  };
  useEffect(() => {
    void task.do(load);
  }, [performanceId]);
  const end = (block: SeatBlock) =>
    task.do(async () => {
      const { blockId } = block;
      const { placeCount } = await ticketDesk.unblockSeats({ performanceId, blockId }, options);
      told.value = say.unblocked(count(placeCount));
      announce(told.value);
      await load();
      onDone();
    });
  return (
    <div class="org-blocks">
      <h3>{say.blocksTitle}</h3>
      <p class="soft">{say.blocksText}</p>
      <Refusal task={task} />
      {told.value ? <Notice tone="plain" icon="check" title={told.value} /> : null}
      {list.value?.length === 0 ? <p class="soft">{say.blocksNone}</p> : null}
      <ul class="org-list">
        {list.value?.map((block) => (
          <li key={block.blockId} data-block={block.blockId} data-places={block.seats.length}>
            <span>
              <strong>{block.reason}</strong>
              <span class="soft">
                {[
                  say.places(count(block.seats.length)),
                  block.untilMs > 0n
                    ? say.blockUntilAt(date(block.untilMs, 'short'))
                    : say.blockByHand,
                  block.labels.slice(0, labels_shown).map(seatName).join(', ') +
                    (block.labels.length > labels_shown ? ' …' : ''),
                ].join(' · ')}
              </span>
            </span>
            <button
              type="button"
              class="plain"
              data-action="unblock"
              disabled={task.busy.value}
              aria-label={`${say.unblock}: ${block.reason}`}
              onClick={() => void end(block)}
            >
              {say.unblock}
            </button>
          </li>
        ))}
      </ul>
      <Begin
        sale={sale}
        plan={plan}
        task={task}
        onBlocked={async (text) => {
          told.value = text;
          announce(text);
          await load();
          onDone();
        }}
      />
    </div>
  );
}

interface BeginProps {
  sale: HouseSale;
  plan: Plan;
  task: Task;
  onBlocked(text: string): Promise<void>;
}

function Begin({ sale, plan, task, onBlocked }: BeginProps) {
  const say = organiseWords.value;
  const reason = useSignal('');
  const until = useSignal('');
  const { performanceId } = sale;
  const chosen = sale.chosen.value;
  const untilMs = until.value ? msInZone(until.value, ownZone()) : 0;
  const block = () =>
    task.do(async () => {
      const request = {
        performanceId,
        seats: sale.places(),
        reason: reason.value.trim(),
        untilMs: BigInt(untilMs ?? 0),
      };
      const answer = await ticketDesk.blockSeats(request, options);
      sale.choice.value = empty;
      reason.value = '';
      const done = say.blocked_n(count(answer.block?.seats.length ?? 0));
      const rest = answer.taken.length > 0 ? ` ${say.blockTaken(count(answer.taken.length))}` : '';
      await onBlocked(done + rest);
    });
  return (
    <form
      class="org-form"
      data-form="block"
      aria-label={say.blocksTitle}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen > 0 && reason.value.trim() && untilMs !== null) void block();
      }}
    >
      <ByRow sale={sale} plan={plan} />
      <div class="org-fields">
        <Line
          label={say.blockReason}
          name="block-reason"
          value={reason.value}
          onInput={(value) => {
            reason.value = value.slice(0, 33); // in bytes it is at most 100
          }}
        />
        <Line
          label={say.blockUntil}
          name="block-until"
          type="datetime-local"
          hint={say.blockUntilHint}
          value={until.value}
          onInput={(value) => {
            until.value = value;
          }}
        />
      </div>
      <p class="org-actions">
        <button
          type="submit"
          class="primary"
          data-action="block"
          disabled={task.busy.value || chosen === 0 || !reason.value.trim() || untilMs === null}
        >
          {say.blockAction(count(chosen))}
        </button>
        <button
          type="button"
          class="quiet"
          disabled={chosen === 0}
          onClick={() => {
            sale.choice.value = empty;
          }}
        >
          {say.clearChoice}
        </button>
      </p>
    </form>
  );
}

/** Free places of a section, or of one of its rows, without the map. */
function ByRow({ sale, plan }: { sale: HouseSale; plan: Plan }) {
  const say = organiseWords.value;
  const section = useSignal(0);
  const row = useSignal(-1);
  const here = plan.sections[section.value];
  const rows = plan.rows.filter((one) => plan.section[one.firstSeat] === section.value);
  const add = () => {
    const only = rows[row.value];
    const first = only ? only.firstSeat : (here?.firstSeat ?? 0);
    const places = only ? only.seatCount : (here?.placeCount ?? 0);
    if (here?.standing) sale.setArea(here.index, places);
    else sale.choose(Array.from({ length: places }, (_, i) => first + i));
  };
  return (
    <div class="org-byrow">
      <Choice
        label={say.section}
        name="block-section"
        value={String(section.value)}
        options={plan.sections.map(({ index, name }) => [String(index), name])}
        onChange={(value) => {
          section.value = Number(value);
          row.value = -1;
        }}
      />
      <Choice
        label={say.row}
        name="block-row"
        value={String(row.value)}
        options={[
          ['-1', say.wholeRow],
          ...rows.map((one, index) => [String(index), one.name] as const),
        ]}
        onChange={(value) => {
          row.value = Number(value);
        }}
      />
      <button type="button" class="plain" data-action="choose-row" onClick={add}>
        {say.addFree}
      </button>
      <output class="soft">{say.chosenPlaces(count(sale.chosen.value))}</output>
    </div>
  );
}
