import { defineConfig, type Plugin } from 'vite';

/** Puts the one script and the one sheet into the page itself: the report is one file that needs no other. */
function inOneFile(): Plugin {
  return {
    name: 'in-one-file',
    enforce: 'post',
    generateBundle(_, bundle) {
      const page = bundle['report.html'];
      if (page?.type !== 'asset') throw new Error('the build made no report.html');
      let html = String(page.source);
      for (const [name, part] of Object.entries(bundle)) {
        if (part === page) continue;
        const text = part.type === 'chunk' ? part.code : String(part.source);
        if (/<\/(script|style)/i.test(text)) throw new Error(`${name} would end its own element`);
        const tag =
          part.type === 'chunk'
            ? /<script[^>]* src="[^"]*"><\/script>/
            : /<link rel="stylesheet"[^>]*>/;
        if (!tag.test(html)) throw new Error(`${name} has no place in report.html`);
        html = html.replace(tag, () =>
          part.type === 'chunk'
            ? `<script type="module">${text.trim()}</script>`
            : `<style>${text.trim()}</style>`,
        );
        delete bundle[name];
      }
      page.source = html;
    },
  };
}

// The report of `usher stampede --html`, which src/crowd embeds: the figures go where report.html says "usher-figures".
export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [inOneFile()],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2022',
    outDir: 'dist-report',
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: 'report.html', output: { inlineDynamicImports: true } },
  },
});
