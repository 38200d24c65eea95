// A client: @grpc/grpc-js, with the contracts read by @grpc/proto-loader.

import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { codes, Failed } from './story.mjs';

const json = { longs: String, enums: String, bytes: String, defaults: true, arrays: true, oneofs: false, keepCase: false };
const files = ['usher/v1/ticket.proto', 'usher/v1/auth.proto', 'usher/v1/error.proto', 'grpc/health/v1/health.proto',
  'google/rpc/status.proto'];

export function grpcJsClient(url, protoFolder) {
  const contracts = loader.loadSync(files, { ...json, includeDirs: [protoFolder] });
  const packages = grpc.loadPackageDefinition(contracts);
  const channel = new grpc.Channel(new URL(url).host, grpc.credentials.createInsecure(), {});
  const stubs = {};
  const stub = (service) => {
    const make = service.split('.').reduce((scope, name) => scope[name], packages);
    stubs[service] ??= new make(new URL(url).host, grpc.credentials.createInsecure(), { channelOverride: channel });
    return stubs[service];
  };
  const unpack = (name, bytes) => {
    const type = contracts[name];
    return type.deserialize(bytes);
  };

  function failed(error) {
    if (!(error instanceof Error) || typeof error.code !== 'number') {
      return error;
    }
    const packed = error.metadata?.get('grpc-status-details-bin')[0];
    const status = packed && unpack('google.rpc.Status', packed);
    const detail = status && unpack('usher.v1.ErrorDetail', Buffer.from(status.details[0].value, 'base64'));
    return new Failed(codes[error.code], error.details, detail);
  }

  function metadata(token) {
    const made = new grpc.Metadata();
    if (token) {
      made.set('authorization', `Bearer ${token}`);
    }
    return made;
  }

  const limits = (timeoutMs = 30_000) => ({ deadline: Date.now() + timeoutMs });

  function start(method, message, { token, timeoutMs, service = 'usher.v1.TicketService' }, done) {
    return stub(service)[method](message, metadata(token), limits(timeoutMs), done);
  }

  return {
    call(method, message, options = {}) {
      return new Promise((resolve, reject) => {
        start(method, message, options, (error, answer) => (error ? reject(failed(error)) : resolve(answer)));
      });
    },
    abandon(method, message, options) {
      return new Promise((resolve, reject) => {
        const call = start(method, message, options, (error, answer) => (error ? reject(failed(error)) : resolve(answer)));
        setImmediate(() => call.cancel());
      });
    },
    unknown(service, method) {
      return new Promise((resolve, reject) => {
        const same = (bytes) => bytes;
        stub('usher.v1.TicketService').makeUnaryRequest(`/${service}/${method}`, same, same, Buffer.alloc(0), metadata(),
          limits(), (error, answer) => (error ? reject(failed(error)) : resolve(answer)));
      });
    },
    watch(message, { timeoutMs } = {}) {
      const call = stub('usher.v1.TicketService').WatchSeats(message, metadata(), timeoutMs ? limits(timeoutMs) : {});
      const updates = call[Symbol.asyncIterator]();
      return {
        next: () => updates.next().catch((error) => Promise.reject(failed(error))),
        async cancel() {
          call.cancel();
          const end = await updates.next().catch(failed);
          if (end.code && end.code !== 'canceled') {
            throw end;
          }
        },
      };
    },
    close: () => channel.close(),
  };
}
