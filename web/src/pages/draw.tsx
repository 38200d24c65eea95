import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import '../style/line.css';
import { call_ms, identity } from '../api/client';
import type { Failure } from '../api/failure';
import { waitroom } from '../api/line';
import { persist, refusalOf } from '../api/retry';
import type { Draw } from '../gen/usher/v1/waitroom_pb';
import { count } from '../i18n/format';
import { lineWords } from '../i18n/line';
import { words } from '../i18n/words';
import { Icon } from '../parts/icon';
import { Trouble } from '../parts/trouble';
import { toHex } from '../proof/bytes';
import { checkDraw, type DrawCheck } from '../proof/draw';
import { paths } from '../state/route';

interface Seen {
  draw: Draw;
  number: number; // 0: not in it
  checks: DrawCheck[];
}

async function look(saleId: number): Promise<Seen> {
  const draw = await persist(() => waitroom.getDraw({ saleId }, { timeoutMs: call_ms }));
  if (draw.secret.length === 0 || !identity.known) return { draw, number: 0, checks: [] };
  const place = await persist(() => waitroom.getPlace({ saleId }, { timeoutMs: call_ms })).catch(
    () => null,
  );
  const number = Number(place?.number ?? 0n);
  if (number === 0 || number > draw.entrants) return { draw, number: 0, checks: [] };
  return { draw, number, checks: await checkDraw(draw, identity.accountId, number) };
}

/** What the draw promised and what came of it, computed again here. */
export function DrawPage({ saleId }: { saleId: number }) {
  const say = lineWords.value;
  const seen = useSignal<Seen | null>(null);
  const lost = useSignal<Failure | null>(null);
  const load = () => {
    lost.value = null;
    look(saleId).then(
      (found) => {
        seen.value = found;
      },
      (cause) => {
        lost.value = refusalOf(cause);
      },
    );
  };
  useEffect(load, [saleId]);
  useEffect(() => {
    document.title = `${say.drawCheckTitle} · Usher`;
  }, [say]);
  if (lost.value) return <Trouble failure={lost.value} retry={load} />;
  if (!seen.value) return <p class="loading">{words.value.loading}</p>;
  const { draw, number, checks } = seen.value;
  return (
    <section class="line">
      <header class="line-head">
        <h1>{say.drawCheckTitle}</h1>
      </header>
      <p class="soft">{say.drawCheckText}</p>
      {draw.secret.length === 0 ? <p class="notice">{say.drawPending}</p> : null}
      {checks.length > 0 ? <Verdict checks={checks} number={number} /> : null}
      {draw.secret.length > 0 && checks.length === 0 ? <p class="notice">{say.noEntry}</p> : null}
      <dl class="card hashes">
        <Hash name={say.fingerprint} bytes={draw.commitment} />
        <Hash name={say.secret} bytes={draw.secret} />
        <Hash name={say.root} bytes={draw.root} />
        <div>
          <dt>{say.entriesCount}</dt>
          <dd class="numeric">{count(draw.entrants)}</dd>
        </div>
        {draw.beacon ? (
          <div>
            <dt>{say.beacon}</dt>
            <dd>{draw.beacon}</dd>
          </div>
        ) : null}
        {draw.beaconRandomness.length > 0 ? (
          <Hash name={say.beaconRandomness} bytes={draw.beaconRandomness} />
        ) : null}
      </dl>
      <p>
        <a class="plain" href={paths.line(saleId)}>
          {say.toLine}
        </a>
      </p>
    </section>
  );
}

function Verdict({ checks, number }: { checks: DrawCheck[]; number: number }) {
  const say = lineWords.value;
  const good = checks.every(({ holds }) => holds);
  return (
    <div
      class={`card line-card ${good ? 'line-good' : 'line-bad'}`}
      data-draw={good ? 'good' : 'bad'}
    >
      <h2>{good ? say.drawGood(count(number)) : say.drawBad}</h2>
      <ul class="steps">
        {checks.map(({ step, holds }) => (
          <li key={step}>
            <Icon name={holds ? 'check' : 'close'} />
            <span>{say.step[step]}</span>
            <b>{holds ? say.holds : say.fails}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Hash({ name, bytes }: { name: string; bytes: Uint8Array }) {
  if (bytes.length === 0) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd class="hash">{toHex(bytes)}</dd>
    </div>
  );
}
