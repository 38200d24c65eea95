// Checks a draw: what `usher draw verify` does, in the browser of the one whose number it is.
//
// Before anybody came, SHA-256 of a secret was published. Everyone's key is HMAC-SHA256(secret, account), and numbers follow
// the keys in ascending order; where a public beacon's round was named before, its randomness is mixed into the secret. The keys are the leaves of a Merkle tree (RFC 9162, 2.1) whose root is published too.

import { bytesOfId, equal } from './bytes';

export interface DrawFacts {
  commitment: Uint8Array;
  secret: Uint8Array;
  root: Uint8Array;
  entrants: number;
  proof: Uint8Array[];
  leafIndex: number;
  /** A public beacon's round that was named before, and what it published: empty where none is mixed in. */
  beaconChain?: Uint8Array;
  beaconRound?: bigint;
  beaconRandomness?: Uint8Array;
}

/** Each step with whether it holds; the first that does not ends the check. */
export interface DrawCheck {
  step: 'commitment' | 'key' | 'path' | 'number';
  holds: boolean;
}

type Bytes = Uint8Array<ArrayBuffer>;

const copy = (bytes: Uint8Array): Bytes => Uint8Array.from(bytes);

async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all));
}

async function hmac(secret: Uint8Array, said: Uint8Array): Promise<Bytes> {
  const rule = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', copy(secret), rule, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, copy(said)));
}

/** What keys are made with: the secret, or what the beacon's round makes of it. */
export async function drawSeed(facts: DrawFacts): Promise<Uint8Array> {
  const { secret, beaconChain, beaconRound, beaconRandomness } = facts;
  if (!beaconRandomness?.length || !beaconChain) return secret;
  const round = new Uint8Array(8);
  new DataView(round.buffer).setBigUint64(0, beaconRound ?? 0n);
  return hmac(secret, Uint8Array.of(...beaconChain, ...round, ...beaconRandomness));
}

export async function drawKey(secret: Uint8Array, accountId: string): Promise<Bytes | null> {
  const account = bytesOfId(accountId);
  return account && secret.length > 0 ? hmac(secret, account) : null;
}

const leaf_mark = Uint8Array.of(0);
const node_mark = Uint8Array.of(1);

/** Whether the key is the leaf at the index of the tree of so many leaves with that root (RFC 9162, 2.1.3.2). */
export async function inTree(
  key: Uint8Array,
  index: number,
  count: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): Promise<boolean> {
  if (index >= count) return false;
  let hash = await sha256(leaf_mark, key);
  let used = 0;
  let at = index;
  for (let n = count; n > 1; n = Math.ceil(n / 2)) {
    if ((at ^ 1) < n) {
      const sibling = path[used++];
      if (!sibling) return false;
      hash =
        at % 2 ? await sha256(node_mark, sibling, hash) : await sha256(node_mark, hash, sibling);
    }
    at = Math.floor(at / 2);
  }
  return used === path.length && equal(hash, root);
}

export async function checkDraw(
  facts: DrawFacts,
  accountId: string,
  number: number,
): Promise<DrawCheck[]> {
  const checks: DrawCheck[] = [];
  const check = (step: DrawCheck['step'], holds: boolean) => {
    checks.push({ step, holds });
    return holds;
  };
  if (!check('commitment', equal(await sha256(facts.secret), facts.commitment))) return checks;
  const key = await drawKey(await drawSeed(facts), accountId);
  if (!check('key', key !== null) || !key) return checks;
  const { leafIndex, entrants, proof, root } = facts;
  if (!check('path', await inTree(key, leafIndex, entrants, proof, root))) return checks;
  check('number', leafIndex + 1 === number);
  return checks;
}
