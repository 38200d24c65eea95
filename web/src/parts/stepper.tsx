import { words } from '../i18n/words';
import { Icon } from './icon';

interface StepperProps {
  label: string;
  value: number;
  min: number;
  max: number;
  disabled?: boolean;
  onChange(value: number): void;
}

export function Stepper({ label, value, min, max, disabled = false, onChange }: StepperProps) {
  const say = words.value;
  const set = (next: number) => onChange(Math.min(max, Math.max(min, next)));
  return (
    <fieldset class="stepper" aria-label={label} disabled={disabled}>
      <button
        type="button"
        aria-label={say.fewer}
        disabled={value <= min}
        onClick={() => set(value - 1)}
      >
        <Icon name="minus" />
      </button>
      <output aria-live="polite">{value}</output>
      <button
        type="button"
        aria-label={say.more}
        disabled={value >= max}
        onClick={() => set(value + 1)}
      >
        <Icon name="plus" />
      </button>
    </fieldset>
  );
}
