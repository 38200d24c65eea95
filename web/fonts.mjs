// Makes src/gen/fonts/ from the package `pretendard`: its variable font, in the weights that the page uses, in two files, so that
// a page without Korean loads the small one alone: Latin, and the syllables of KS X 1001 but its rarest. Both have 300,000
// bytes together at most. What is missing stands in the system's font.
//
// How often a syllable is used is known from the package too: its own slices, the commonest last, are by use (those of Google Fonts).
// The licence lets no changed font bear the name (its "Reserved Font Name"): ours has another, and the licence lies beside it.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fontverter from 'fontverter';
import subsetFont from 'subset-font';

const bytes_max = 300_000;
const syllables = 2_250;
const weights = { wght: { min: 400, max: 800 } };

const here = dirname(fileURLToPath(import.meta.url));
const source = dirname(createRequire(import.meta.url).resolve('pretendard/package.json'));
const font = join(source, 'dist/web/variable/woff2/PretendardVariable.woff2');
const slices = join(source, 'dist/web/variable/pretendardvariable-dynamic-subset.css');
const into = join(here, 'src/gen/fonts');
const licence = join(into, 'LICENSE.txt'); // written last

/** The syllables of KS X 1001, 94 in each of 25 rows. */
function standard() {
  const reader = new TextDecoder('euc-kr');
  const all = [];
  for (let row = 0xb0; row <= 0xc8; row++) {
    for (let at = 0xa1; at <= 0xfe; at++) all.push(reader.decode(new Uint8Array([row, at])));
  }
  return all;
}

/** The same, those that are used most first. */
function byUse() {
  const known = new Set(standard());
  const ranges = [...readFileSync(slices, 'utf8').matchAll(/unicode-range: ([^;]+);/g)].reverse();
  const ordered = new Set();
  for (const [, range] of ranges) {
    for (const part of range.split(',')) {
      const [from, to = from] = part.trim().slice(2).split('-');
      for (let code = parseInt(from, 16); code <= parseInt(to, 16); code++) {
        const letter = String.fromCodePoint(code);
        if (known.has(letter)) ordered.add(letter);
      }
    }
  }
  return [...ordered, ...[...known].filter((letter) => !ordered.has(letter))];
}

/** The font under our name, which has as many letters; who made it keeps his, in the notice of copyright. */
function renamed(truetype) {
  const made = Buffer.from(truetype);
  for (const coding of ['utf16be', 'latin1']) {
    const code = (text) =>
      coding === 'latin1' ? Buffer.from(text, coding) : Buffer.from(text, 'utf16le').swap16();
    const [name, ours, notice] = ['Pretendard', 'Usher-Sans', 'Name '].map(code);
    for (let at = made.indexOf(name); at >= 0; at = made.indexOf(name, at + 1)) {
      const noticed = made.subarray(at - notice.length, at).equals(notice);
      if (!noticed) ours.copy(made, at);
    }
  }
  return made;
}

const fresh = () =>
  existsSync(licence) &&
  [font, fileURLToPath(import.meta.url)].every(
    (one) => statSync(one).mtimeMs <= statSync(licence).mtimeMs,
  );

if (!fresh()) {
  mkdirSync(into, { recursive: true });
  const latin = [];
  for (let code = 0x20; code <= 0xff; code++) {
    if (code < 0x7f || code >= 0xa0) latin.push(String.fromCodePoint(code));
  }
  const files = {
    latin: [...latin, ...'–—‘’“”•…₩€−×→'],
    korean: byUse().slice(0, syllables),
  };
  const whole = readFileSync(font);
  let size = 0;
  for (const [name, letters] of Object.entries(files)) {
    const part = await subsetFont(whole, [...new Set(letters)].join(''), {
      targetFormat: 'truetype',
      variationAxes: weights,
      noHinting: true,
      keepFeatures: name === 'latin' ? ['kern', 'tnum', 'ccmp', 'locl'] : [],
      dropTables: name === 'latin' ? [] : ['GSUB', 'GPOS', 'GDEF'],
    });
    const made = await fontverter.convert(renamed(part), 'woff2');
    size += made.length;
    writeFileSync(join(into, `${name}.woff2`), made);
  }
  if (size > bytes_max) throw new Error(`the fonts have ${size} bytes, more than ${bytes_max}`);
  writeFileSync(licence, readFileSync(join(source, 'dist/LICENSE.txt')));
  console.log(`fonts: ${size} bytes`);
}
