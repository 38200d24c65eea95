import { defineConfig } from 'vite';

// The server embeds dist/ and answers index.html for every path that names no file, so addresses are absolute.
export default defineConfig({
  base: '/',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2022',
    outDir: 'dist',
    // Two percent less to load than esbuild's own, and what a fan loads has a limit (tests/web/home.mjs).
    minify: 'terser',
    terserOptions: { ecma: 2020, module: true, compress: { passes: 2 } },
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
