import { describe, expect, it } from 'vitest';
import { type Answer, Code, ConnectError, type Request } from './connect';
import { type BrowserStorage, Identity, withIdentity } from './identity';

function storage(): BrowserStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

function identityOf(store = storage(), now = () => 0) {
  let made = 0;
  const identity = new Identity(
    store,
    async () => {
      made++;
      return { accountId: `a${made}`, token: `t${made}`, expiresAtMs: 1_000_000 };
    },
    now,
  );
  return { identity, made: () => made };
}

const request = (name: string): Request => ({
  name,
  stream: false,
  get: false,
  header: new Headers(),
  message: {},
});

const answer: Answer = { header: new Headers(), message: 'held' };

describe('Identity', () => {
  it('makes one account, however many ask at once', async () => {
    const { identity, made } = identityOf();
    const all = await Promise.all([identity.guest(), identity.guest(), identity.guest()]);
    expect(new Set(all.map(({ token }) => token))).toEqual(new Set(['t1']));
    expect(made()).toBe(1);
  });

  it('keeps it for the next page', async () => {
    const store = storage();
    await identityOf(store).identity.guest();
    const next = identityOf(store);
    expect((await next.identity.guest()).token).toBe('t1');
    expect(next.made()).toBe(0);
  });

  it('replaces one that is about to end', async () => {
    const store = storage();
    await identityOf(store).identity.guest();
    const later = identityOf(store, () => 999_000);
    await later.identity.guest();
    expect(later.made()).toBe(1);
  });
});

describe('withIdentity', () => {
  it('sends no token with what anyone may ask', async () => {
    const { identity, made } = identityOf();
    const call = withIdentity(identity, (method) => method === 'ListEvents');
    const asked = request('ListEvents');
    await call(async () => answer)(asked);
    expect(asked.header.has('authorization')).toBe(false);
    expect(made()).toBe(0);
  });

  it('replaces a token that is refused, once', async () => {
    const { identity, made } = identityOf();
    const tokens: (string | null)[] = [];
    const call = withIdentity(identity, () => false);
    const asked = request('HoldSeats');
    const got = await call(async (sent) => {
      tokens.push(sent.header.get('authorization'));
      if (tokens.length === 1) throw new ConnectError('who?', Code.Unauthenticated);
      return answer;
    })(asked);
    expect(got).toBe(answer);
    expect(tokens).toEqual(['Bearer t1', 'Bearer t2']);
    const never = call(async () => {
      throw new ConnectError('who?', Code.Unauthenticated);
    })(request('HoldSeats'));
    await expect(never).rejects.toMatchObject({ code: Code.Unauthenticated });
    expect(made()).toBe(3);
  });
});
