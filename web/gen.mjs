// Makes src/gen/ from the contracts in ../proto with Debian's protoc. Written anew each time, so that a message that
// left the contract leaves the client too.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'src', 'gen');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
execFileSync(
  'protoc',
  [
    '-I',
    join(here, '..', 'proto'),
    `--plugin=protoc-gen-es=${join(here, 'node_modules', '.bin', 'protoc-gen-es')}`,
    `--es_out=${out}`,
    '--es_opt=target=ts',
    ...['ticket', 'auth', 'hall', 'error'].map((name) => `usher/v1/${name}.proto`),
  ],
  { stdio: 'inherit' },
);
