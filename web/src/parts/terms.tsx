import type { Signal } from '@preact/signals';
import { accountWords } from '../i18n/account';

/** The tick that an account begins with. */
export function Terms({ terms, tried }: { terms: Signal<boolean>; tried: boolean }) {
  const say = accountWords.value;
  const wrong = tried && !terms.value;
  return (
    <div class="field" data-wrong={wrong ? '' : undefined}>
      <label class="check">
        <input
          type="checkbox"
          name="terms"
          checked={terms.value}
          onChange={({ currentTarget }) => {
            terms.value = currentTarget.checked;
          }}
        />
        <span>{say.terms}</span>
      </label>
      {wrong ? <small class="field-bad">{say.termsNeeded}</small> : null}
    </div>
  );
}
