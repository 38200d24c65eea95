import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import '../style/waiting.css';
import { signIn } from '../api/client';
import type { Wish } from '../gen/usher/v1/ticket_wait_pb';
import { date, starts } from '../i18n/format';
import { waitingWords } from '../i18n/waiting';
import { events, loadEvents } from '../state/catalog';
import { paths } from '../state/route';
import { fetchWishes } from '../state/waiting';

/** What one waits for, at all performances: above one's tickets, with the way there. */
export function OwnWishes() {
  const say = waitingWords.value;
  const wishes = useSignal<Wish[]>([]);
  const who = signIn.who.value?.accountId;
  useEffect(() => {
    fetchWishes(0).then(
      (found) => {
        wishes.value = found;
        if (found.length > 0 && !events.peek()) void loadEvents();
      },
      () => {}, // each performance's own page tells them
    );
  }, [wishes, who]);
  const nights = new Map<number, Wish[]>();
  for (const wish of wishes.value)
    nights.set(wish.performanceId, [...(nights.get(wish.performanceId) ?? []), wish]);
  if (nights.size === 0) return null;
  const all = (events.value ?? []).flatMap(({ performances }) => performances);
  return (
    <section class="box own-wishes" aria-labelledby="own-wishes-title" data-part="wishes">
      <h2 id="own-wishes-title">{say.mineTitle}</h2>
      <ul>
        {[...nights].map(([performanceId, list]) => {
          const night = all.find((one) => one.performanceId === performanceId);
          const offer = list.find((one) => one.offer)?.offer;
          return (
            <li key={performanceId} data-performance={performanceId} data-offered={!!offer}>
              <a class="link-text" href={paths.performance(performanceId)}>
                {night ? `${night.eventName} · ${starts(night, 'short')}` : say.title}
              </a>
              <span class="soft">
                {offer
                  ? say.offeredBrief(date(offer.expiresAtMs, 'time'))
                  : list.map(({ party, fewest }) => say.wish(party, fewest)).join(', ')}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
