import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { teamDesk } from '../../api/organise';
import type { Device } from '../../gen/usher/v1/auth_manage_pb';
import type { Membership } from '../../gen/usher/v1/auth_pb';
import { date } from '../../i18n/format';
import { tradeWords } from '../../i18n/trade';
import { QrCode } from '../../parts/qr';
import { announce } from '../../state/announce';
import { options, Task } from '../../state/organise';
import { FormCard, Line } from './form';

function stateOf(one: Device): string {
  const say = tradeWords.value.devices;
  if (one.revoked) return say.revoked;
  if (!one.initializedAtMs) return say.waiting;
  const about = one.about;
  return [
    say.runs(
      `${about?.softwareBrand ?? ''} ${about?.softwareVersion ?? ''}`.trim(),
      `${about?.hardwareBrand ?? ''} ${about?.hardwareModel ?? ''}`.trim(),
    ),
    say.since(date(one.initializedAtMs, 'day')),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** What lets people in and is no browser. */
export function Devices({ acting }: { acting: Membership }) {
  const say = tradeWords.value.devices;
  const { organiserId } = acting;
  const task = useMemo(() => new Task(), []);
  const list = useSignal<Device[]>([]);
  const name = useSignal('');
  const gate = useSignal('');
  const token = useSignal('');
  const load = async () => {
    list.value = (await teamDesk.listDevices({ organiserId }, options)).devices;
  };
  useEffect(() => {
    void task.do(load);
  }, [organiserId]);
  const make = () =>
    task.do(async () => {
      const request = { organiserId, name: name.value.trim(), gate: gate.value.trim() };
      token.value = (await teamDesk.createDevice(request, options)).setupToken;
      name.value = '';
      await load();
    });
  const end = (deviceId: number) =>
    task.do(async () => {
      await teamDesk.revokeDevice({ organiserId, deviceId }, options);
      token.value = '';
      announce(say.ended);
      await load();
    });
  const url = location.origin;
  return (
    <FormCard
      id="devices"
      title={say.title}
      text={say.text}
      task={task}
      onSubmit={() => void make()}
    >
      {list.value.length === 0 ? <p class="soft">{say.none}</p> : null}
      <ul class="org-list">
        {list.value.map((one) => (
          <li key={one.deviceId} data-device={one.deviceId} data-revoked={one.revoked}>
            <span>
              <strong>{one.name}</strong>
              <span class="soft">{[one.gate, stateOf(one)].join(' · ')}</span>
            </span>
            {one.revoked ? null : (
              <button
                type="button"
                class="plain"
                data-action="end-device"
                disabled={task.busy.value}
                aria-label={`${say.end}: ${one.name}`}
                onClick={() => void end(one.deviceId)}
              >
                {say.end}
              </button>
            )}
          </li>
        ))}
      </ul>
      {token.value ? (
        <output class="org-token" data-setup={token.value}>
          <strong>{say.made}</strong>
          <QrCode
            text={JSON.stringify({ handshake_version: 1, url, token: token.value })}
            label={say.handshake}
          />
          <span>
            {say.address}: <code>{url}</code>
          </span>
          <span>
            {say.token}: <code>{token.value}</code>
          </span>
        </output>
      ) : null}
      <div class="org-fields">
        <Line
          label={say.name}
          name="device-name"
          value={name.value}
          onInput={(value) => {
            name.value = value;
          }}
        />
        <Line
          label={say.gate}
          name="device-gate"
          value={gate.value}
          hint={say.gateHint}
          onInput={(value) => {
            gate.value = value;
          }}
        />
      </div>
      <button type="submit" class="primary" disabled={task.busy.value || !name.value.trim()}>
        {say.make}
      </button>
    </FormCard>
  );
}
