// The page in a real browser: node run.mjs [--binary build/usher | --url URL] [--pictures DIR] [--only PATTERN] [--part PART]
//
// Starts a server with a demo on-sale (or uses the one at --url), runs every case, and ends with
// "N passed, N failed". The exit code is 0 only if nothing failed.
//
// Browsers wait more than they compute, so ./run has two parts, fan and house, run beside each other, each with a server of
// its own, and then, alone, what measures times. A part says no totals.

import { parseArgs } from 'node:util';
import { access } from './access.mjs';
import { cases } from './cases.mjs';
import { door } from './door.mjs';
import { halls } from './halls.mjs';
import { heads } from './heads.mjs';
import { home } from './home.mjs';
import { keep } from './keep.mjs';
import { map } from './map.mjs';
import { organise } from './organise.mjs';
import { operator } from './operator.mjs';
import { report } from './report.mjs';
import { persons } from './persons.mjs';
import { providers } from './providers.mjs';
import { rules } from './rules.mjs';
import { startServer } from './server.mjs';
import { till } from './till.mjs';
import { trade } from './trade.mjs';
import { waiting } from './waiting.mjs';
import { ways } from './ways.mjs';
import { whole } from './whole.mjs';
import { work } from './work.mjs';
import { openBrowser } from './visitor.mjs';

const { values } = parseArgs({
  options: {
    binary: { type: 'string', default: '../../build/usher' },
    url: { type: 'string' },
    pictures: { type: 'string', default: '../../build/web-pictures' },
    only: { type: 'string', default: '' },
    part: { type: 'string', default: '' },
  },
});

const parts = {
  fan: { ...cases, ...map, ...home, ...heads, ...keep, ...door, ...ways, ...whole },
  house: { ...access, ...halls, ...organise, ...till, ...trade, ...providers, ...report, ...operator, ...persons, ...work, ...waiting, ...rules },
};
const isTimed = (name) => /hundred thousand seats|one seat: what one takes|times slower/.test(name);
const chosen = Object.entries({ ...parts.fan, ...parts.house }).filter(
  ([name]) =>
    new RegExp(values.only).test(name) &&
    (!values.part || (values.part === 'timed' ? isTimed(name) : name in parts[values.part] && !isTimed(name))),
);

let passed = 0;
let failed = 0;
let began = Date.now();
const verdict = (name, error) => {
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  began = Date.now();
  if (error) {
    failed++;
    console.log(`not ok ${name} # ${seconds} s: ${String(error.stack ?? error).split('\n').slice(0, 12).join('\n   | ')}`);
  } else {
    passed++;
    console.log(`ok ${name} # ${seconds} s`);
  }
};

let server = null;
let browser = null;
try {
  server = values.url ? null : await startServer(values.binary);
  browser = await openBrowser();
  const world = {
    browser,
    url: values.url ?? server.url,
    pictures: values.pictures,
    binary: values.binary, // for a server that a case stops
    idp: server?.idp,
    mailedCode: server?.mailedCode,
    operate: server?.operate,
    join: server?.join,
    usher: server?.usher, // the organiser's part; not there with --url
  };
  for (const [name, run] of chosen) {
    try {
      await run(world);
      verdict(name);
    } catch (error) {
      verdict(name, error);
    }
  }
} catch (error) {
  verdict('set-up', error);
}
await browser?.close();
if (server) {
  const how = await server.stop();
  verdict('the server stops when it is asked to', how === 0 ? null : `it ended with ${how}: ${server.said()}`);
}
if (!values.part) console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
