// Makes src/gen/ from the contracts in ../proto with Debian's protoc: of each service the calls that the page makes, of the
// messages those that they carry. Written anew each time, so that what left the contract leaves the client too.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBinary } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorSetSchema,
  MethodOptions_IdempotencyLevel,
} from '@bufbuild/protobuf/wkt';

const calls = {
  TicketService:
    'ListEvents GetPerformance GetSeatMap WatchSeats HoldSeats HoldBest ReleaseHold PlaceOrder GetOrder ListOrders CancelOrder',
  AuthService:
    'CreateGuest CreateAccount VerifyEmail LogIn Refresh LogOut RequestPasswordReset ResetPassword RequestOrderCode OpenOrder GetAccount ChangePassword ListSessions EndSession ExportAccount DeleteAccount ListSignInProviders BeginProvider FinishProvider UnlinkProvider BeginSecondFactor ConfirmSecondFactor RemoveSecondFactor',
  WaitroomService:
    'ListSales GetSale WatchLine GetDraw GetChallenge Join GetPlace Enter Leave RestoreReceipt',
  PaymentService:
    'ListProviders BeginPayment FinishPayment GetPayment AbandonPayment GetMoneyStory PreviewRefund RefundOrder',
  DoorService:
    'GetTicketFile ResendTickets GetTicketCodes PassTicketOn RenewTicket CheckIn GetDoorList UploadScans GetDoorCounts ListDoubleEntries',
};
const besides = ['.usher.v1.ErrorDetail'];

const here = dirname(fileURLToPath(import.meta.url));
const proto = join(here, '..', 'proto');
const out = join(here, 'src', 'gen');
const files = ['ticket', 'auth', 'waitroom', 'payment', 'door', 'error'];

const folder = mkdtempSync(join(tmpdir(), 'usher-gen-'));
const described = join(folder, 'set.binpb');
execFileSync('protoc', [
  '-I',
  proto,
  '--include_imports',
  `--descriptor_set_out=${described}`,
  ...files.map((name) => `usher/v1/${name}.proto`),
]);
const set = fromBinary(FileDescriptorSetSchema, readFileSync(described));
rmSync(folder, { recursive: true });

const types = new Map();
for (const file of set.file) {
  for (const type of [...file.messageType, ...file.enumType]) {
    types.set(`.${file.package}.${type.name}`, type);
  }
}
const kept = new Set();
const keep = (name) => {
  if (kept.has(name)) return;
  const type = types.get(name);
  if (!type) throw new Error(`no message ${name} in the contracts`);
  kept.add(name);
  for (const field of type.field ?? []) {
    if (
      field.type === FieldDescriptorProto_Type.MESSAGE ||
      field.type === FieldDescriptorProto_Type.ENUM
    ) {
      keep(field.typeName);
    }
  }
};
const wanted = new Map(
  Object.entries(calls).map(([name, list]) => [name, new Set(list.split(' '))]),
);
for (const file of set.file) {
  file.service = file.service.filter(({ name }) => wanted.has(name));
  for (const service of file.service) {
    const names = wanted.get(service.name);
    service.method = service.method.filter(({ name }) => names.delete(name));
    for (const { inputType, outputType } of service.method) {
      keep(inputType);
      keep(outputType);
    }
    if (names.size > 0) throw new Error(`${service.name} has no ${[...names].join(', ')}`);
  }
}
besides.forEach(keep);

// ---- what is written ----

const T = FieldDescriptorProto_Type;
const letters = {
  [T.UINT32]: 'u',
  [T.INT32]: 'i',
  [T.SINT32]: 's',
  [T.UINT64]: 'U',
  [T.INT64]: 'I',
  [T.BOOL]: 'b',
  [T.STRING]: 't',
  [T.BYTES]: 'y',
  [T.ENUM]: 'e',
  [T.MESSAGE]: 'm',
};
const kinds = {
  u: 'number',
  i: 'number',
  s: 'number',
  U: 'bigint',
  I: 'bigint',
  b: 'boolean',
  t: 'string',
  y: 'Uint8Array',
};
const isRepeated = ({ label }) => label === FieldDescriptorProto_Label.REPEATED;
const bare = (name) => name.split('.').at(-1);
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const lower = (name) => name[0].toLowerCase() + name.slice(1);
const homes = new Map();
for (const file of set.file) {
  for (const { name } of [...file.messageType, ...file.enumType])
    homes.set(`.${file.package}.${name}`, file.name);
}

function writeEnum({ name, value }) {
  // The words of an enum begin with its name; here they stand below it.
  const prefix = `${name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}_`;
  const words = value.map((one) => `  ${one.name.replace(prefix, '')} = ${one.number},`);
  return `export enum ${name} {\n${words.join('\n')}\n}\n`;
}

function typeOf(field, use) {
  const letter = letters[field.type];
  if (!letter) throw new Error(`${field.name} is of a type that the page does not know`);
  if (letter === 'm' || letter === 'e') {
    use(field.typeName, true, letter === 'm');
    return bare(field.typeName);
  }
  return kinds[letter];
}

function writeMessage(message, use) {
  const lines = [];
  const choices = message.oneofDecl.map(() => []);
  const told = [];
  const refs = [];
  for (const field of message.field) {
    const name = camel(field.name);
    const type = typeOf(field, use);
    const letter = letters[field.type];
    const choice = field.oneofIndex ?? -1;
    const inChoice = Object.hasOwn(field, 'oneofIndex') && choice >= 0;
    if (letter === 'm') refs.push(`${type}Schema`);
    told.push(
      `${field.number}${letter}${isRepeated(field) ? '*' : ''} ${name}${inChoice ? `|${camel(message.oneofDecl[choice].name)}` : ''}`,
    );
    if (inChoice) choices[choice].push(`{ case: '${name}'; value: ${type} }`);
    else if (isRepeated(field)) lines.push(`  ${name}: ${type}[];`);
    else lines.push(`  ${name}: ${letter === 'm' ? `${type} | undefined` : type};`);
  }
  message.oneofDecl.forEach((one, i) => {
    lines.push(
      `  ${camel(one.name)}: ${[...choices[i], '{ case: undefined; value?: undefined }'].join(' | ')};`,
    );
  });
  const { name } = message;
  return [
    `export interface ${name} {\n${lines.join('\n')}\n}`,
    `export const ${name}Schema: Schema<${name}> = /*@__PURE__*/ schema('${name}', '${told.join(';')}', () => [${refs.join(', ')}]);\n`,
  ].join('\n');
}

function writeService(file, { name, method }, use) {
  const calls = method.map((one) => {
    use(one.inputType, false, true);
    use(one.outputType, false, true);
    const quiet = one.options?.idempotencyLevel === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
    const kind = one.serverStreaming ? 'stream' : quiet ? 'get' : 'post';
    return `  ${lower(one.name)}: call('${kind}', '${one.name}', ${bare(one.inputType)}Schema, ${bare(one.outputType)}Schema),`;
  });
  return `export const ${name} = /*@__PURE__*/ service('${file.package}.${name}', {\n${calls.join('\n')}\n});\n`;
}

rmSync(out, { recursive: true, force: true });
for (const file of set.file) {
  const ours = ({ name }) => kept.has(`.${file.package}.${name}`);
  const foreign = new Map(); // of another file: what is used of it
  const use = (name, asType, asSchema) => {
    const home = homes.get(name);
    if (home === file.name) return;
    const names = foreign.get(home) ?? new Set();
    if (asType) names.add(`type ${bare(name)}`);
    if (asSchema) names.add(`${bare(name)}Schema`);
    foreign.set(home, names);
  };
  const messages = file.messageType.filter(ours).map((message) => writeMessage(message, use));
  const enums = file.enumType.filter(ours).map(writeEnum);
  const services = file.service.map((service) => writeService(file, service, use));
  if (messages.length + enums.length === 0) continue;
  const path = join(out, file.name.replace(/\.proto$/, '_pb.ts'));
  const imports = [...foreign].map(
    ([home, names]) =>
      `import { ${[...names].join(', ')} } from './${basename(home, '.proto')}_pb';`,
  );
  const text = [
    `// From ${file.name}, by gen.mjs.`,
    ...(services.length > 0 ? [`import { call, service } from '../../../api/connect';`] : []),
    `import { type Schema, schema } from '../../../api/wire';`,
    ...imports,
    '',
    ...enums,
    ...messages,
    ...services,
  ].join('\n');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
