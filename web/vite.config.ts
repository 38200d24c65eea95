import { defineConfig } from 'vite';

// The server embeds dist/ and answers index.html for every path that names no file, so addresses are absolute.
export default defineConfig({
  base: '/',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2022',
    outDir: 'dist',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // A test reads the server's table of currencies.
    fs: { allow: ['..'] },
    // `npm run dev` beside `make run`
    proxy: { '/usher.v1.': { target: 'http://127.0.0.1:8080' } },
  },
});
