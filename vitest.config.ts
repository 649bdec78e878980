import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const room = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The public names resolve to the sources, as `exports` does for those who installed the package. */
export default defineConfig({
  resolve: {
    alias: [
      // One copy of graphql: the file that Node gives to the packages beside it.
      { find: /^graphql$/, replacement: room('node_modules/graphql/index.js') },
      { find: /^portico$/, replacement: room('server/index.ts') },
      { find: /^portico\/plugin$/, replacement: room('server/plugin.ts') },
      { find: /^portico\/adapter$/, replacement: room('adapters/kit/index.ts') },
      { find: /^portico\/ports$/, replacement: room('ports/index.ts') },
      { find: /^portico\/testing$/, replacement: room('test/kit/index.ts') },
      { find: /^portico\/client$/, replacement: room('server/client/index.ts') },
    ],
  },
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 90_000, pool: 'forks', maxWorkers: 2 },
});
