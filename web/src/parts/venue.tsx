import type { Performance } from '../gen/usher/v1/ticket_pb';
import { words } from '../i18n/words';
import { Icon } from './icon';

/** A map of an address: of Korea's streets by Kakao, of all others by OpenStreetMap. */
export function mapOf(address: string, timeZone: string): string {
  const asked = encodeURIComponent(address);
  return timeZone === 'Asia/Seoul'
    ? `https://map.kakao.com/?q=${asked}`
    : `https://www.openstreetmap.org/search?query=${asked}`;
}

/** The hall's address, with a link to a map; nothing where nobody said it. */
export function Venue({ performance }: { performance: Performance }) {
  const { venueAddress, timeZone } = performance;
  if (!venueAddress) return null;
  return (
    <p class="event-venue">
      <span>{venueAddress}</span>
      <a href={mapOf(venueAddress, timeZone)} target="_blank" rel="noopener noreferrer">
        <Icon name="pin" />
        {words.value.showMap}
      </a>
    </p>
  );
}
