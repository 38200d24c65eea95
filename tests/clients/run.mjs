// One client of Node's through the whole story: node run.mjs CLIENT URL CONTRACTS PROTO-FOLDER PREFIX, and the operator's
// key in OPERATOR_KEY. Says "ok" or "not ok" a check.

import assert from 'node:assert/strict';
import { connectClient } from './connect_node.mjs';
import { grpcJsClient } from './grpc_js.mjs';
import { story } from './story.mjs';

const [name, url, contracts, protoFolder, prefix] = process.argv.slice(2);
const clients = {
  'node-grpc-js': () => grpcJsClient(url, protoFolder),
  'node-connect-h1-json': () => connectClient(url, contracts, { wire: 'connect', httpVersion: '1.1', binary: false }),
  'node-connect-h1-binary': () => connectClient(url, contracts, { wire: 'connect', httpVersion: '1.1', binary: true }),
  'node-connect-h2-json': () => connectClient(url, contracts, { wire: 'connect', httpVersion: '2', binary: false }),
  'node-connect-h2-binary': () => connectClient(url, contracts, { wire: 'connect', httpVersion: '2', binary: true }),
  'node-connect-grpc': () => connectClient(url, contracts, { wire: 'grpc', httpVersion: '2' }),
};

const client = clients[name]();
const checks = story(client, process.env.OPERATOR_KEY, { calls: 2000, watchers: 20, updates: 10 });
if (name.startsWith('node-connect-h')) {
  const safe = ['Check', 'GetPerformance', 'GetSeatMap', 'ListEvents'];
  checks.push(['safe-calls-are-gets', () => assert.deepEqual(client.askedByGet(), safe)]);
}
let failures = 0;
for (const [check, test] of checks) {
  const began = performance.now();
  try {
    await test();
    console.log(`ok ${prefix}/${check}`);
  } catch (error) {
    failures++;
    const where = /\/([\w.]+\.mjs:\d+)/.exec((error.stack ?? '').split('\n').slice(1).join('\n'))?.[1] ?? '';
    console.log(`not ok ${prefix}/${check}: ${`${error.name}: ${error.message}`.replace(/\s+/g, ' ').slice(0, 500)} (${where})`);
  }
  if (performance.now() - began > 10_000) {
    console.log(`# ${check} took ${Math.round(performance.now() - began)} ms`);
  }
}
client.close();
process.exit(failures ? 1 : 0);
