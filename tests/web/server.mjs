// The server under test: one process on a port of its own choosing, with a demo on-sale in a new folder.

import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startIdp } from './idp.mjs';

const start_ms = 20_000;
const stop_ms = 10_000;

/** The stand-in payment provider, with test money: its address, and how it ends. */
async function startProvider(binary, folder) {
  const file = join(folder, 'psp.port');
  const words = ['psp', '--psp-listen', '127.0.0.1:0', '--psp-port-file', file, '--psp-latency', '5ms'];
  const child = spawn(binary, words, { stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const began = Date.now();
  while (!existsSync(file) || readFileSync(file, 'utf8').trim() === '') {
    if (child.exitCode !== null || Date.now() - began > start_ms) {
      child.kill('SIGKILL');
      throw new Error('the payment provider did not start');
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const stop = () => {
    child.kill('SIGTERM');
    return gone;
  };
  return { url: `http://${readFileSync(file, 'utf8').trim()}`, stop };
}

/** more: further words of `usher serve`. */
export async function startServer(binary, ...more) {
  const folder = mkdtempSync(join(tmpdir(), 'usher-web-'));
  const provider = await startProvider(binary, folder);
  const idp = await startIdp();
  const oidc = `kakao=${idp.issuer},usher,`;
  const words = ['serve', '--demo', '--data', folder, '--listen', '127.0.0.1:0', '--psp', provider.url, '--oidc', oidc, '--rest', '0', '--webhook-allow', '127.0.0.1', ...more];
  const child = spawn(binary, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = (said + chunk).slice(-20_000);
    });
  }
  const gone = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  child.once('error', (error) => {
    said += error.message;
  });
  const listen = join(folder, 'listen');
  const began = Date.now();
  while (!existsSync(listen) || readFileSync(listen, 'utf8').trim() === '') {
    if (child.exitCode !== null || Date.now() - began > start_ms) {
      child.kill('SIGKILL');
      throw new Error(`the server did not start:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const address = readFileSync(listen, 'utf8').trim();
  const url = address.startsWith('http') ? address : `http://${address}`;
  while (!(await demoIsOpen(url))) {
    if (child.exitCode !== null || Date.now() - began > start_ms) {
      child.kill('SIGKILL');
      throw new Error(`the demo did not go on sale:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url,
    idp,
    folder,
    said: () => said,
    /** Runs `usher WORDS…` against this server; gives what its --json tells, if asked for. */
    async usher(...words) {
      const { stdout } = await promisify(execFile)(binary, words, {
        env: { ...process.env, USHER_URL: url, USHER_DATA: folder },
      });
      return words.includes('--json') ? JSON.parse(stdout) : stdout;
    },
    /** A call as the operator, in JSON. */
    async operate(method, body) {
      const key = readFileSync(join(folder, 'operator.key'), 'utf8').trim();
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
      const answer = await fetch(`${url}/usher.v1.${method}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    },
    /** The code of the newest mail to an address: no command shows it, so it is read in the store. */
    async mailedCode(email) {
      const ask = `SELECT params FROM mail WHERE recipient = '${email}' ORDER BY mail_id DESC LIMIT 1`;
      for (let tries = 0; tries < 200; tries++) {
        const { stdout } = await promisify(execFile)('sqlite3', ['-readonly', join(folder, 'usher.db'), ask]);
        if (stdout.trim()) return JSON.parse(stdout).code;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`no mail to ${email}`);
    },
    /** Somebody who is at no page takes a number. */
    async join(saleId) {
      const call = async (method, body, token) => {
        const headers = { 'content-type': 'application/json' };
        if (token) headers.authorization = `Bearer ${token}`;
        const answer = await fetch(`${url}/usher.v1.${method}`, { method: 'POST', headers, body: JSON.stringify(body) });
        if (!answer.ok) throw new Error(await answer.text());
        return answer.json();
      };
      const { token } = await call('AuthService/CreateGuest', {});
      return call('WaitroomService/Join', { saleId }, token);
    },
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stop_ms);
      const how = await gone;
      clearTimeout(timer);
      await provider.stop();
      await idp.stop();
      rmSync(folder, { recursive: true, force: true });
      return how;
    },
  };
}

// The port is open a moment before the demo is on sale.
async function demoIsOpen(url) {
  const answer = await fetch(`${url}/usher.v1.TicketService/GetPerformance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"performanceId":1}',
  });
  return answer.ok && (await answer.json()).saleState === 'SALE_STATE_OPEN';
}
