import { defineConfig, type Plugin } from 'vite';

// Messages travel as bytes; the protobuf runtime's JSON side would be dead weight for every visitor. (Connect's own
// JSON, its errors and ends of streams, does not go through it.)
function withoutMessageJson(): Plugin {
  const refuse = '() => { throw new Error("messages travel as bytes"); }';
  const parts: Record<string, string[]> = {
    'to-json.js': ['toJson', 'toJsonString', 'enumToJson'],
    'from-json.js': [
      'fromJson',
      'fromJsonString',
      'mergeFromJson',
      'mergeFromJsonString',
      'enumFromJson',
      'isEnumJson',
    ],
  };
  return {
    name: 'without-message-json',
    apply: 'build',
    transform(_code, id) {
      const name = /@bufbuild\/protobuf\/dist\/esm\/([a-z-]+\.js)$/.exec(id)?.[1] ?? '';
      const exported = parts[name];
      if (!exported) return null;
      return {
        code: exported.map((word) => `export const ${word} = ${refuse};`).join('\n'),
        map: null,
      };
    },
  };
}

// The server embeds dist/ and answers index.html for every path that names no file, so addresses are absolute.
export default defineConfig({
  base: '/',
  plugins: [withoutMessageJson()],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2022',
    outDir: 'dist',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` beside `make run`
    proxy: { '/usher.v1.': { target: 'http://127.0.0.1:8080' } },
  },
});
