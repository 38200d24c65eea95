// A client: @connectrpc/connect-node, as Connect over HTTP/1.1 or HTTP/2 in JSON or binary, or as gRPC. Calls without
// side effects are GETs.

import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary, fromJson, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { codes, Failed } from './story.mjs';

export function connectClient(url, contractsPath, { wire, httpVersion, binary }) {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(contractsPath)));
  const sessions = httpVersion === '2' ? new Http2SessionManager(url) : undefined;
  const tagged = new Set(); // methods whose answers had an ETag, which only those to GET have
  const common = { baseUrl: url, httpVersion, sessionManager: sessions };
  const transport = wire === 'grpc'
    ? createGrpcTransport(common)
    : createConnectTransport({ ...common, useBinaryFormat: binary, useHttpGet: true });
  const schema = registry.getMessage('usher.v1.ErrorDetail');
  const whole = (type, message) => toJson(type, message, { alwaysEmitImplicit: true, registry });

  function failed(error) {
    if (!(error instanceof ConnectError)) {
      return error;
    }
    const [detail] = error.findDetails(schema);
    return new Failed(codes[error.code], error.rawMessage, detail && whole(schema, detail));
  }

  const headers = (token) => (token ? { authorization: `Bearer ${token}` } : {});

  function open(service, method, message) {
    const described = registry.getService(service);
    const name = method[0].toLowerCase() + method.slice(1);
    const { input, output } = described.method[name];
    return { stub: createClient(described, transport)[name], request: fromJson(input, message), output };
  }

  async function call(method, message, { token, timeoutMs, signal, service = 'usher.v1.TicketService' } = {}) {
    const { stub, request, output } = open(service, method, message);
    try {
      const onHeader = (fields) => fields.has('etag') && tagged.add(method);
      const limits = { timeoutMs: timeoutMs ?? 30_000, signal, onHeader };
      return whole(output, await stub(request, { headers: headers(token), ...limits }));
    } catch (error) {
      throw failed(error);
    }
  }

  return {
    call,
    abandon(method, message, options) {
      const controller = new AbortController();
      const answer = call(method, message, { ...options, signal: controller.signal });
      setImmediate(() => controller.abort());
      return answer;
    },
    async unknown(service, method) {
      const like = registry.getService('usher.v1.AuthService').method.createGuest;
      const other = { ...like, name: method, parent: { ...like.parent, typeName: service } };
      try {
        return await transport.unary(other, undefined, 30_000, {}, fromJson(like.input, {}));
      } catch (error) {
        throw failed(error);
      }
    },
    watch(message, { timeoutMs } = {}) {
      const { stub, request, output } = open('usher.v1.TicketService', 'WatchSeats', message);
      const controller = new AbortController();
      const updates = stub(request, { timeoutMs, signal: controller.signal })[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const { value, done } = await updates.next();
            return { done, value: done ? undefined : whole(output, value) };
          } catch (error) {
            throw failed(error);
          }
        },
        async cancel() {
          controller.abort();
          const end = await updates.next().catch((error) => error);
          if (end instanceof ConnectError && end.code !== Code.Canceled) {
            throw end;
          }
        },
      };
    },
    askedByGet: () => [...tagged].sort(),
    close: () => sessions?.abort(),
  };
}
