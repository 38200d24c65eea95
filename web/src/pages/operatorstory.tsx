// All that happened to an order: one question to the monitor, which asks every role.

import { useSignal } from '@preact/signals';
import { monitor } from '../api/operate';
import type { Story, StoryStep } from '../gen/usher/v1/monitor_operate_pb';
import { OrderState } from '../gen/usher/v1/ticket_pb';
import { date, money } from '../i18n/format';
import { operatorWords } from '../i18n/operator';
import { Table } from './operatorboard';
import { Search } from './operatorsearch';
import { TraceLink } from './operatortrace';

function rowOf(step: StoryStep, index: number, parts: readonly string[]) {
  return {
    key: String(index),
    cells: [
      date(step.atMs, 'second'),
      parts[step.part] ?? '',
      step.what,
      step.traceId ? <TraceLink key={step.traceId} id={step.traceId} /> : '',
      step.facts,
    ],
  };
}

function Told({ story }: { story: Story }) {
  const say = operatorWords.value;
  const { order, contact } = story;
  if (!order) return null;
  const cancelled = order.state === OrderState.CANCELLED ? ` · ${say.cancelled}` : '';
  return (
    <article class="board-story" data-story={order.orderNumber}>
      <h3>
        {order.orderNumber} · {order.eventName} · {money(order.total, order)}
        {cancelled}
      </h3>
      <p class="soft">
        {[contact?.name, contact?.email, ...order.tickets.map(({ label }) => label)]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {story.missing.map((part) => (
        <p class="board-found" key={part}>
          {say.missing(say.storyParts[part] ?? '')}
        </p>
      ))}
      <div class="board-log">
        <Table
          label={say.stories}
          heads={[...say.storyHeads.slice(0, 3), say.trace, ...say.storyHeads.slice(3)]}
          rows={story.steps.map((step, i) => rowOf(step, i, say.storyParts))}
        />
      </div>
    </article>
  );
}

export function Stories() {
  const say = operatorWords.value;
  const text = useSignal('');
  const found = useSignal<Story[] | null>(null);
  const search = async () => {
    const asked = { text: text.value.trim() };
    found.value = (await monitor.getStories(asked, { timeoutMs: 10_000 })).stories;
  };
  return (
    <Search
      part="stories"
      title={say.stories}
      label={say.storyText}
      name="story-text"
      action="story"
      text={text}
      search={search}
    >
      {found.value?.length === 0 ? <output>{say.found(0)}</output> : null}
      {found.value?.map((story) => (
        <Told key={story.order?.orderId} story={story} />
      ))}
    </Search>
  );
}
