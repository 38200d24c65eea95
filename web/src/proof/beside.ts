// Solves a task beside the page, which stays quick meanwhile.

import type { Challenge } from '../gen/usher/v1/waitroom_pb';
import type { Task } from './work';

export function solveBeside({
  algorithm,
  nonce,
  salt,
  cost,
  keyLength,
  keyPrefix,
}: Challenge): Promise<number> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return new Promise<number>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ counter?: number; why?: string }>) => {
      if (data.counter === undefined) reject(new Error(data.why));
      else resolve(data.counter);
    };
    worker.onerror = () => reject(new Error('the worker did not start'));
    worker.postMessage({ algorithm, nonce, salt, cost, keyLength, keyPrefix } satisfies Task);
  }).finally(() => worker.terminate());
}
