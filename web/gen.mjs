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
    'ListEvents GetPerformance GetGrades GetSeatMap WatchSeats HoldSeats HoldBest ReleaseHold ChoosePriceTypes PlaceOrder GetOrder ListOrders CancelOrder',
  AuthService: 'CreateGuest GetGuestChallenge Refresh',
  WaitroomService:
    'ListSales GetSale WatchLine GetDraw GetChallenge Join GetPlace Enter Leave RestoreReceipt',
  PaymentService:
    'ListProviders BeginPayment FinishPayment GetPayment AbandonPayment ListDeposits GetMoneyStory PreviewRefund RefundOrder QuotePurchase ListReceipts GetReceiptFile',
  DoorService:
    'GetTicketFile GetWalletLinks ResendTickets GetTicketCodes PassTicketOn RenewTicket CheckIn GetDoorList UploadScans GetDoorCounts ListDoubleEntries',
};
const besides = ['.usher.v1.ErrorDetail'];
// What only a page that is loaded apart calls, in files of its own (`ticket_manage_pb.ts`), so that no fan loads it.
const apart = {
  account: {
    AuthService:
      'CreateAccount VerifyEmail LogIn LogOut RequestPasswordReset ResetPassword RequestOrderCode OpenOrder GetAccount ChangePassword ListSessions EndSession ExportAccount DeleteAccount ListSignInProviders BeginProvider FinishProvider UnlinkProvider BeginSecondFactor ConfirmSecondFactor RemoveSecondFactor RequestReminder ConfirmReminder CancelReminder ListReminders ListPersonServices BeginPerson ProvePerson',
  },
  notice: {
    TicketService: 'GetNotice',
  },
  manage: {
    TicketService:
      'ListEvents GetPerformance GetSeatMap CancelOrder MoveSeats OpenSale PauseSale GetSaleReport BlockSeats UnblockSeats ListSeatBlocks ListHolders EndHold BarBuyer EndBar ListBarred ImportHall PreviewHall GenerateHall ListHalls CreateEvent CreatePerformance UpdateEvent SetPoster PublishEvent HideEvent DeleteEvent UpdatePerformance Announce EndNotice SetPrices ListPricePlans EndPricePlan ListPriceCodes GetGeneratedCodes SetWaitingList ListWaiting',
    AuthService:
      'ListMembers SetMember CreateApiToken ListApiTokens RevokeApiToken CreateDevice ListDevices RevokeDevice SetSites GetSites',
    WaitroomService:
      'ListSales CreateSale SetAdmission PauseLine ResumeLine GetLineReport GetAfterReport',
    PaymentService:
      'GetBooks PreviewRefund RefundOrder GetMoneyStory BeginRefundJob GetRefundJob ListRefundJobOrders SetSellingTerms GetSellingTerms ListReceipts GetReceiptFile ListPayments ListProviders CollectPayment AbandonPayment',
    TillService:
      'OpenTill GetTill ListTillEntries CloseTill HoldAtTill ChooseAtTill ReleaseAtTill SellAtTill SetTillRules GetTillRules',
    DoorService:
      'GetTicketFile FindOrders ExportOrders BlockTickets UnblockTickets AddOrderNote EditContact MessageBuyers ListBuyerMessages SetEntryTimes GetEntryTimes',
    WebhookService:
      'CreateWebhook ListWebhooks RotateWebhookSecret TestWebhook ReplayWebhook DeleteWebhook ListWebhookEvents',
  },
  wait: {
    TicketService: 'JoinWaitingList LeaveWaitingList GetMyWishes ReleaseHold',
  },
  operate: {
    MonitorService: 'GetBoard GetStories GetTrace SearchRecords',
    InstallationService: 'GetStatus',
    AuthService: 'FindAccount Block Unblock ListBlocked',
  },
};

const here = dirname(fileURLToPath(import.meta.url));
const proto = join(here, '..', 'proto');
const out = join(here, 'src', 'gen');
const files = [
  'ticket',
  'auth',
  'waitroom',
  'payment',
  'door',
  'monitor',
  'owner',
  'webhook',
  'till',
  'error',
];

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
// What no page reads is not in the client: each byte of it would be every fan's.
const unread = { Order: ['moves'], Performance: ['key_life_ms'], Hold: ['expires_in_ms'] };
for (const [name, fields] of Object.entries(unread)) {
  const type = types.get(`.usher.v1.${name}`);
  type.field = type.field.filter((field) => !fields.includes(field.name));
}
// Where each message and enum is written: "ticket" or "ticket_manage"; what is not here, nobody uses.
const homes = new Map();
const fileOf = new Map(
  set.file.flatMap((file) =>
    [...file.messageType, ...file.enumType].map(({ name }) => [
      `.${file.package}.${name}`,
      basename(file.name, '.proto'),
    ]),
  ),
);
function keep(name, suffix) {
  if (homes.has(name)) return;
  const type = types.get(name);
  if (!type) throw new Error(`no message ${name} in the contracts`);
  homes.set(name, fileOf.get(name) + suffix);
  for (const field of type.field ?? []) {
    if (
      field.type === FieldDescriptorProto_Type.MESSAGE ||
      field.type === FieldDescriptorProto_Type.ENUM
    ) {
      keep(field.typeName, suffix);
    }
  }
}

/** The services of a file with the calls that a list names, and keeps what these carry. */
function servicesOf(file, lists, suffix) {
  return file.service
    .filter(({ name }) => lists[name])
    .map(({ name, method }) => {
      const names = new Set(lists[name].split(' '));
      const chosen = method.filter((one) => names.delete(one.name));
      if (names.size > 0) throw new Error(`${name} has no ${[...names].join(', ')}`);
      for (const { inputType, outputType } of chosen) {
        keep(inputType, suffix);
        keep(outputType, suffix);
      }
      return { name, method: chosen };
    });
}
const parts = [['', calls], ...Object.entries(apart).map(([name, list]) => [`_${name}`, list])].map(
  ([suffix, list]) => {
    const services = new Map(set.file.map((file) => [file.name, servicesOf(file, list, suffix)]));
    if (!suffix) for (const name of besides) keep(name, '');
    return { suffix, services };
  },
);

// ---- what is written ----

const T = FieldDescriptorProto_Type;
const letters = {
  [T.UINT32]: 'u',
  [T.INT32]: 'i',
  [T.SINT32]: 's',
  [T.UINT64]: 'U',
  [T.INT64]: 'I',
  [T.SINT64]: 'S',
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
  S: 'bigint',
  b: 'boolean',
  t: 'string',
  y: 'Uint8Array',
};
const isRepeated = ({ label }) => label === FieldDescriptorProto_Label.REPEATED;
const bare = (name) => name.split('.').at(-1);
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const lower = (name) => name[0].toLowerCase() + name.slice(1);
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

function writeService(file, { name, method }, apart, use) {
  const calls = method.map((one) => {
    use(one.inputType, false, true);
    use(one.outputType, false, true);
    const quiet = one.options?.idempotencyLevel === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
    // Who runs things wants what is so now: asked by POST, no cache answers.
    const kind = one.serverStreaming ? 'stream' : quiet && !apart ? 'get' : 'post';
    return `  ${lower(one.name)}: call('${kind}', '${one.name}', ${bare(one.inputType)}Schema, ${bare(one.outputType)}Schema),`;
  });
  return `export const ${name} = /*@__PURE__*/ service('${file.package}.${name}', {\n${calls.join('\n')}\n});\n`;
}

function writeFile(file, suffix, services) {
  const module = basename(file.name, '.proto') + suffix;
  const ours = ({ name }) => homes.get(`.${file.package}.${name}`) === module;
  const foreign = new Map(); // of another file: what is used of it
  const use = (name, asType, asSchema) => {
    const home = homes.get(name);
    if (home === module) return;
    const names = foreign.get(home) ?? new Set();
    if (asType) names.add(`type ${bare(name)}`);
    if (asSchema) names.add(`${bare(name)}Schema`);
    foreign.set(home, names);
  };
  const messages = file.messageType.filter(ours).map((message) => writeMessage(message, use));
  const enums = file.enumType.filter(ours).map(writeEnum);
  const written = services.map((service) => writeService(file, service, suffix !== '', use));
  if (messages.length + enums.length + written.length === 0) return;
  const path = join(out, dirname(file.name), `${module}_pb.ts`);
  const imports = [...foreign].map(
    ([home, names]) => `import { ${[...names].join(', ')} } from './${home}_pb';`,
  );
  const text = [
    `// From ${file.name}, by gen.mjs.`,
    ...(written.length > 0 ? [`import { call, service } from '../../../api/connect';`] : []),
    ...(messages.length > 0 ? [`import { type Schema, schema } from '../../../api/wire';`] : []),
    ...imports,
    '',
    ...enums,
    ...messages,
    ...written,
  ].join('\n');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

rmSync(out, { recursive: true, force: true });
for (const { suffix, services } of parts) {
  for (const file of set.file) writeFile(file, suffix, services.get(file.name));
}
