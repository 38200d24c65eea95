import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import '../style/operator.css';
import { signIn } from '../api/client';
import { keepOperatorKey, operatorKey } from '../api/operate';
import { date } from '../i18n/format';
import { operatorWords } from '../i18n/operator';
import { Field } from '../parts/field';
import { Icon } from '../parts/icon';
import { Notice } from '../parts/notice';
import { BoardWatch } from '../state/board';
import { paths } from '../state/route';
import { Blocks } from './operatorblocks';
import { Claims, HeatNow, Lines, Rates, Sales, SeatsNow, Tiles } from './operatorboard';
import { Logs, Processes } from './operatorinstallation';
import { Machines } from './operatormachines';
import { Stories } from './operatorstory';
import { Traces } from './operatortrace';

/** What happens right now, for whoever runs the servers or a sale. */
export function OperatorPage() {
  const say = operatorWords.value;
  const asMember = useSignal(false);
  const wrong = useSignal(false);
  useEffect(() => {
    document.title = `${say.title} · Usher`;
  }, [say]);
  if (!operatorKey.value && !asMember.value) {
    return (
      <Who
        wrong={wrong.value}
        onMember={() => {
          asMember.value = true;
        }}
      />
    );
  }
  return (
    <Live
      key={operatorKey.value}
      onRefused={() => {
        wrong.value = true;
        asMember.value = false;
        keepOperatorKey('');
      }}
    />
  );
}

function Who({ wrong, onMember }: { wrong: boolean; onMember(): void }) {
  const say = operatorWords.value;
  const key = useSignal('');
  return (
    <div class="sheet board-who">
      <h1>{say.signInTitle}</h1>
      {wrong ? <Notice tone="bad" icon="alert" title={say.wrong} text="" /> : null}
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          keepOperatorKey(key.value.trim());
        }}
      >
        <p class="soft">{say.keyText}</p>
        <Field
          label={say.key}
          name="operator-key"
          type="password"
          autocomplete="off"
          value={key.value}
          onInput={(value) => {
            key.value = value;
          }}
        />
        <button type="submit" class="primary" data-action="operator">
          {say.open}
        </button>
      </form>
      <div class="card">
        <p class="soft">{say.teamText}</p>
        {signIn.who.value ? (
          <button type="button" class="plain" data-action="member" onClick={onMember}>
            {say.asMember}
          </button>
        ) : (
          <a class="plain" href={paths.signIn(paths.operator)}>
            {say.signIn}
          </a>
        )}
      </div>
    </div>
  );
}

function Live({ onRefused }: { onRefused(): void }) {
  const say = operatorWords.value;
  const watch = useMemo(() => new BoardWatch(), []);
  useEffect(() => {
    watch.start();
    return () => watch.stop();
  }, [watch]);
  const trouble = watch.trouble.value;
  useEffect(() => {
    if (trouble === 'key') onRefused();
  }, [trouble, onRefused]);
  const board = watch.board.value;
  if (!board) {
    return (
      <p class="loading" data-late={trouble === 'late'}>
        {trouble === 'late' ? say.late : say.loading}
      </p>
    );
  }
  const samples = watch.samples.value;
  return (
    <div class="board" data-at={String(board.atMs)}>
      <header class="board-head">
        <h1>{say.title}</h1>
        <p class="board-live numeric" data-late={trouble === 'late'}>
          <Icon name={trouble === 'late' ? 'offline' : 'check'} />
          {trouble === 'late' ? say.late : say.live(date(board.atMs, 'second'))}
        </p>
        {operatorKey.value ? (
          <button type="button" class="quiet" onClick={() => keepOperatorKey('')}>
            {say.forget}
          </button>
        ) : null}
      </header>
      {trouble === 'late' ? (
        <Notice tone="bad" icon="alert" title={say.late} text={say.lateText} />
      ) : null}
      <Claims board={board} />
      <Tiles board={board} samples={samples} />
      <div class="board-grid">
        <SeatsNow samples={samples} />
        {board.calls ? <HeatNow board={board} samples={samples} /> : null}
        {board.calls ? <Rates samples={samples} /> : null}
      </div>
      <Sales board={board} />
      <Lines board={board} />
      {board.calls ? <Processes status={watch.status.value} /> : null}
      <Machines board={board} />
      {board.calls ? <Stories /> : null}
      {board.calls ? <Traces /> : null}
      {operatorKey.value ? <Blocks /> : null}
      {board.calls ? <Logs /> : null}
    </div>
  );
}
