// An order's tickets as files.

import { call_ms } from '../api/client';
import { door } from '../api/door';
import { persist } from '../api/retry';
import { TicketFormat } from '../gen/usher/v1/door_pb';
import { download } from './download';

async function fetchFile(orderId: string, format: TicketFormat): Promise<void> {
  const file = await persist(() => door.getTicketFile({ orderId, format }, { timeoutMs: call_ms }));
  download(file.name, file.mediaType, file.content);
}

export const fetchPdf = (orderId: string) => fetchFile(orderId, TicketFormat.PDF);
export const fetchCalendar = (orderId: string) => fetchFile(orderId, TicketFormat.CALENDAR);
