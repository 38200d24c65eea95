// An order's tickets as files.

import { call_ms } from '../api/client';
import { door } from '../api/door';
import { persist } from '../api/retry';
import { TicketFormat, type WalletLink } from '../gen/usher/v1/door_pb';
import { download } from './download';

const ask = (orderId: string, format: TicketFormat) =>
  door.getTicketFile({ orderId, format }, { timeoutMs: call_ms });

async function fetchFile(orderId: string, format: TicketFormat): Promise<void> {
  const file = await persist(() => ask(orderId, format));
  download(file.name, file.mediaType, file.content);
}

/** Whether this server makes files of this order's tickets: asked with the smallest of them. */
export const hasFiles = (orderId: string): Promise<boolean> =>
  ask(orderId, TicketFormat.CALENDAR).then(
    () => true,
    () => false,
  );
export const fetchPdf = (orderId: string) => fetchFile(orderId, TicketFormat.PDF);
export const fetchCalendar = (orderId: string) => fetchFile(orderId, TicketFormat.CALENDAR);

/** For Apple's own devices, where this server signs passes. */
export const hasPasses = (orderId: string): Promise<boolean> =>
  /iPhone|iPad|Macintosh/.test(navigator.userAgent)
    ? ask(orderId, TicketFormat.PKPASS).then(
        () => true,
        () => false,
      )
    : Promise.resolve(false);
/** Links that save the tickets in Google Wallet, where this server signs them; none elsewhere than on Android. */
export const walletLinks = (orderId: string): Promise<WalletLink[]> =>
  /Android/.test(navigator.userAgent)
    ? door.getWalletLinks({ orderId }, { timeoutMs: call_ms }).then(
        ({ links }) => links,
        () => [],
      )
    : Promise.resolve([]);
export const fetchPass = (orderId: string) => fetchFile(orderId, TicketFormat.PKPASS);
