// A service whose accounts sign in here: OpenID Connect as far as a browser meets it. It asks nothing: whoever comes is the
// person of `person`. What a foreign provider makes of us is tried in tests/accounts.

import { createHash, createPublicKey, createSign, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export async function startIdp() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const codes = new Map();
  const person = { sub: '1', email: '', name: '' };
  let issuer = '';

  const idToken = ({ client_id: aud, nonce }) => {
    const iat = Math.floor(Date.now() / 1000);
    const said = `${base64({ alg: 'RS256', kid: '1' })}.${base64({ iss: issuer, aud, nonce, iat, exp: iat + 300, ...person })}`;
    return `${said}.${createSign('RSA-SHA256').update(said).sign(privateKey, 'base64url')}`;
  };
  const answers = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
    }),
    '/keys': () => ({ keys: [{ ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: '1', use: 'sig' }] }),
    '/token': (form) => {
      const asked = codes.get(form.get('code'));
      codes.delete(form.get('code'));
      const right =
        asked && createHash('sha256').update(form.get('code_verifier')).digest('base64url') === asked.code_challenge;
      return right ? { access_token: 'x', token_type: 'Bearer', id_token: idToken(asked) } : { error: 'invalid_grant' };
    },
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, issuer);
    let body = '';
    for await (const chunk of request) body += chunk;
    if (url.pathname === '/authorize') {
      const asked = Object.fromEntries(url.searchParams);
      const code = `code-${codes.size}-${Date.now()}`;
      codes.set(code, asked);
      const back = new URLSearchParams(person.declines ? { error: 'access_denied' } : { code });
      back.set('state', asked.state);
      response.writeHead(302, { location: `${asked.redirect_uri}?${back}` }).end();
      return;
    }
    const answer = answers[url.pathname]?.(new URLSearchParams(body));
    response.writeHead(answer && !answer.error ? 200 : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${server.address().port}`;
  return { issuer, person, stop: () => new Promise((resolve) => server.close(resolve)) };
}
