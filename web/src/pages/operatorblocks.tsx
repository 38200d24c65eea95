// Who is kept out: accounts, addresses and networks, each with its reason and its end.

import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { call_ms } from '../api/client';
import { serverClock } from '../api/clock';
import { accounts } from '../api/operate';
import { persist } from '../api/retry';
import { type BlockEntry, BlockKind } from '../gen/usher/v1/auth_operate_pb';
import { date } from '../i18n/format';
import { operatorWords } from '../i18n/operator';
import { words } from '../i18n/words';
import { Field } from '../parts/field';
import { Failed } from '../parts/notice';
import { isEmail } from '../state/checks';
import { Deed } from '../state/deed';
import { Choice } from './organise/form';

const day_ms = 86_400_000;
const days = ['0', '1', '7', '30', '365'] as const;
const options = { timeoutMs: call_ms };

/** What was typed says what it is: a network has a slash, an address dots or colons alone, all else is an account. */
export function kindOf(value: string): BlockKind {
  if (/^[0-9a-f.:]+\/\d+$/i.test(value)) return BlockKind.NETWORK;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(value) || /^[0-9a-f]*:[0-9a-f:.]*$/i.test(value))
    return BlockKind.ADDRESS;
  return BlockKind.ACCOUNT;
}

async function subjectOf(value: string, kind: BlockKind): Promise<string> {
  if (kind !== BlockKind.ACCOUNT || !isEmail(value)) return value;
  return (await persist(() => accounts.findAccount({ email: value }, options))).accountId;
}

export function Blocks() {
  const say = operatorWords.value;
  const deed = useMemo(() => new Deed(), []);
  const list = useSignal<BlockEntry[] | null>(null);
  const load = async () => {
    list.value = (await persist(() => accounts.listBlocked({}, options))).entries;
  };
  useEffect(() => {
    void deed.do(load);
  }, [deed]);
  const end = (blockId: number) =>
    deed.do(async () => {
      await persist(() => accounts.unblock({ blockId }, options));
      await load();
    });
  return (
    <section class="board-part" data-part="blocks">
      <h2>{say.blocks}</h2>
      <p class="soft">{say.blocksText}</p>
      <NewBlock onDone={() => void deed.do(load)} />
      <Failed failure={deed.failure.value} />
      {list.value?.length === 0 ? <p class="soft">{say.noBlocks}</p> : null}
      {list.value && list.value.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
        <section class="board-scrolled" aria-label={say.blocks} tabIndex={0}>
          <table>
            <thead>
              <tr>
                {say.blockHeads.map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {list.value.map((entry) => (
                <tr key={entry.blockId} data-block={entry.value}>
                  <th scope="row">{entry.value}</th>
                  <td>{say.blockKinds[entry.kind]}</td>
                  <td>{entry.reason}</td>
                  <td>{date(entry.createdAtMs, 'full')}</td>
                  <td>{entry.untilMs ? date(entry.untilMs, 'full') : say.forGood}</td>
                  <td>
                    <button
                      type="button"
                      class="small"
                      data-action="unblock"
                      disabled={deed.busy.value}
                      aria-label={say.unblockThis(entry.value)}
                      onClick={() => void end(entry.blockId)}
                    >
                      {say.unblock}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
    </section>
  );
}

function NewBlock({ onDone }: { onDone(): void }) {
  const say = operatorWords.value;
  const deed = useMemo(() => new Deed(), []);
  const value = useSignal('');
  const reason = useSignal('');
  const until = useSignal<string>('7');
  const tried = useSignal(false);
  const missing = (text: string) => (tried.value && !text.trim() ? words.value.fillIn : '');
  const submit = async () => {
    tried.value = true;
    const subject = value.value.trim();
    if (!subject || !reason.value.trim()) return;
    const kind = kindOf(subject);
    const ends = Number(until.value);
    const done = await deed.do(async () => {
      const request = {
        kind,
        value: await subjectOf(subject, kind),
        reason: reason.value.trim(),
        untilMs: ends ? BigInt(Math.round(serverClock.now()) + ends * day_ms) : 0n,
      };
      await persist(() => accounts.block(request, options));
    });
    if (!done) return;
    value.value = '';
    reason.value = '';
    tried.value = false;
    onDone();
  };
  return (
    <form
      class="board-search"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Field
        label={say.blockWhom}
        name="block-value"
        value={value.value}
        wrong={missing(value.value)}
        onInput={(text) => {
          value.value = text;
        }}
      />
      <Field
        label={say.blockReason}
        name="block-reason"
        value={reason.value}
        wrong={missing(reason.value)}
        onInput={(text) => {
          reason.value = text;
        }}
      />
      <Choice
        label={say.blockUntil}
        name="block-until"
        value={until.value}
        options={days.map((n) => [n, say.blockDays(Number(n))] as const)}
        onChange={(next) => {
          until.value = next;
        }}
      />
      <button type="submit" class="plain" data-action="block" disabled={deed.busy.value}>
        {say.block}
      </button>
      <Failed failure={deed.failure.value} />
    </form>
  );
}
