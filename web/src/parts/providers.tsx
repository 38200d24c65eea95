import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { providerName, providerWords } from '../i18n/provider';
import type { Deed } from '../state/deed';
import { leaveFor, listProviders } from '../state/provider';

/** The services that this installation takes; none until they are known, and none where there are none. */
export function useProviders() {
  const providers = useSignal<string[]>([]);
  useEffect(() => {
    listProviders().then(
      (found) => {
        providers.value = found;
      },
      () => {}, // signing in another way still works
    );
  }, [providers]);
  return providers;
}

/** A button for each service, below a form. */
export function Providers({ deed, next }: { deed: Deed; next: string }) {
  const say = providerWords.value;
  const providers = useProviders();
  if (!providers.value.length) return null;
  return (
    <div class="providers">
      <p class="providers-or soft">{say.or}</p>
      {providers.value.map((provider) => (
        <button
          key={provider}
          type="button"
          class="plain wide"
          data-provider={provider}
          disabled={deed.busy.value}
          onClick={() => void deed.do(() => leaveFor(provider, next))}
        >
          {say.continueWith(providerName(provider))}
        </button>
      ))}
    </div>
  );
}
