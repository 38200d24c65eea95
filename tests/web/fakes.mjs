// Stands in for services of the server, a page at a time: a call that a case has an answer for is answered here, by the
// contracts; all others go on to the server. For states that the real services are in for a moment, or by accident.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const proto = join(import.meta.dirname, '..', '..', 'proto');
const services = ['ticket', 'auth', 'waitroom', 'payment', 'door', 'error'];

function readContracts() {
  const folder = mkdtempSync(join(tmpdir(), 'usher-proto-'));
  const file = join(folder, 'set.binpb');
  const sources = services.map((name) => `usher/v1/${name}.proto`);
  execFileSync('protoc', ['-I', proto, '--include_imports', `--descriptor_set_out=${file}`, ...sources]);
  const set = fromBinary(FileDescriptorSetSchema, readFileSync(file));
  rmSync(folder, { recursive: true });
  return createFileRegistry(set);
}

let contracts = null;

/** A refusal: what a fake throws. */
export class Refusal extends Error {
  constructor(code, reason, more = {}) {
    super(reason);
    this.code = code;
    this.detail = { reason, ...more };
  }
}

const statuses = { not_found: 404, unauthenticated: 401, invalid_argument: 400, failed_precondition: 400, unavailable: 503 };

/**
 * Answers calls of a page: fakes has a function for a method, "PaymentService/GetPayment", that takes the request as JSON
 * and gives the answer as JSON; for a stream, a list of messages. What was asked is kept in the list that is returned.
 */
export async function answerFor(page, fakes) {
  contracts ??= readContracts();
  const asked = [];
  await page.route(/\/usher\.v1\.[A-Za-z]+\/[A-Za-z]+/, async (route) => {
    const url = new URL(route.request().url());
    const [, service, name] = /\/usher\.v1\.([A-Za-z]+)\/([A-Za-z]+)/.exec(url.pathname);
    const fake = fakes[`${service}/${name}`];
    if (!fake) return route.continue();
    const method = contracts.getService(`usher.v1.${service}`).methods.find((one) => one.name === name);
    const stream = method.methodKind === 'server_streaming';
    const body = route.request().postDataBuffer() ?? Buffer.from(url.searchParams.get('message') ?? '', 'base64url');
    const request = toJson(method.input, fromBinary(method.input, stream ? body.subarray(5) : body), {
      alwaysEmitImplicit: true,
    });
    asked.push({ name, request, headers: route.request().headers() });
    const write = (json) => Buffer.from(toBinary(method.output, fromJson(method.output, json)));
    const date = { date: new Date().toUTCString() };
    try {
      const answer = await fake(request);
      if (!stream) {
        return await route.fulfill({
          headers: { 'content-type': 'application/proto', ...date },
          body: write(answer),
        });
      }
      const frames = answer.map((json) => framed(0, write(json)));
      const end = framed(2, Buffer.from('{}'));
      return await route.fulfill({
        headers: { 'content-type': 'application/connect+proto', ...date },
        body: Buffer.concat([...frames, end]),
      });
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause;
      const kind = contracts.getMessage('usher.v1.ErrorDetail');
      const value = Buffer.from(toBinary(kind, fromJson(kind, cause.detail)))
        .toString('base64')
        .replace(/=+$/, '');
      return route.fulfill({
        status: statuses[cause.code] ?? 500,
        headers: { 'content-type': 'application/json', ...date },
        body: JSON.stringify({ code: cause.code, message: cause.message, details: [{ type: kind.typeName, value }] }),
      });
    }
  });
  return asked;
}

function framed(flags, body) {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}
