// The proof of work, as ALTCHA has it: the key derived from the nonce and a counter begins with a prefix. The server chose
// the counter, so that there is one and it is found within a known number of tries.

import { fromHex, toHex } from './bytes';

export interface Task {
  algorithm: string; // "PBKDF2/SHA-256"
  nonce: string; // hexadecimal, as salt and keyPrefix
  salt: string;
  cost: number;
  keyLength: number;
  keyPrefix: string;
}

const at_once = 4; // derivations: the browser has threads of its own for them
const counter_max = 1 << 24; // a task beyond it is a mistake, not work

/** The counter that solves the task. Throws where there is none. */
export async function solve(task: Task, subtle: SubtleCrypto = crypto.subtle): Promise<number> {
  const hash = task.algorithm.split('/')[1] ?? '';
  const nonce = fromHex(task.nonce);
  const salt = fromHex(task.salt);
  const tries = async (counter: number): Promise<boolean> => {
    const password = new Uint8Array(nonce.length + 4);
    password.set(nonce);
    new DataView(password.buffer).setUint32(nonce.length, counter);
    const key = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
    const rule = { name: 'PBKDF2', hash, salt, iterations: task.cost };
    const bits = await subtle.deriveBits(rule, key, task.keyLength * 8);
    return toHex(new Uint8Array(bits)).startsWith(task.keyPrefix.toLowerCase());
  };
  for (let counter = 0; counter < counter_max; counter += at_once) {
    const batch = Array.from({ length: at_once }, (_, i) => tries(counter + i));
    const found = (await Promise.all(batch)).indexOf(true);
    if (found >= 0) return counter + found;
  }
  throw new Error('the task has no solution');
}
