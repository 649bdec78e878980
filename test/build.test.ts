import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answering, freePort, run } from './build/processes.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const out = join(root, 'dist', `.test-${process.pid}`);
const BUILD_MS = 180_000;

describe('the build', () => {
  let house: string;
  beforeAll(async () => {
    house = mkdtempSync(join(tmpdir(), 'portico-build-'));
    const built = run(process.execPath, ['console/build/main.ts', '--out', out], { cwd: root });
    if ((await built.exited) !== 0) throw new Error(built.output());
  }, BUILD_MS);
  afterAll(() => {
    rmSync(out, { recursive: true, force: true });
    rmSync(house, { recursive: true, force: true });
  });

  it('makes a bundle that serves with the embedded engines and stops on SIGTERM', async () => {
    const port = await freePort();
    const env = { NODE_ENV: 'development', PORT: String(port), PORTICO_DATA: join(house, 'data'), LOG_LEVEL: 'warn' };
    const gateway = run(process.execPath, [join(out, 'portico.js'), 'start'], { cwd: house, env });
    await answering(`http://127.0.0.1:${port}/health/ready`, gateway);
    const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ users(ids: ["nobody"]) { id } }' }),
    });
    expect(await answer.json()).toEqual({ data: { users: [null] } });
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  it('makes a package with types for each of its names and without what only a checkout needs', () => {
    const manifest = JSON.parse(readFileSync(join(out, 'package', 'package.json'), 'utf8')) as {
      exports: Record<string, { types: string; default: string }>;
      dependencies: Record<string, string>;
      optionalDependencies: Record<string, string>;
    };
    expect(Object.keys(manifest.exports)).toEqual(['.', './plugin', './adapter', './ports', './testing', './client']);
    for (const { types, default: code } of Object.values(manifest.exports)) {
      expect([types, existsSync(join(out, 'package', types))]).toEqual([types, true]);
      expect([code, existsSync(join(out, 'package', code))]).toEqual([code, true]);
    }
    expect(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }).filter((name) => name.startsWith('node-'))).toEqual(
      [],
    );
    const files = readdirSync(join(out, 'package'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /(?<!\.d)\.ts$|\.test\.|^console\/build/.test(file))).toEqual([]);
    expect(files).toContain('drizzle/users/migrations/0001_profiles_and_friendships.sql');
  });

  describe('the packed package', () => {
    let example: string;
    beforeAll(() => {
      execFileSync('npm', ['pack', '--pack-destination', house], { cwd: join(out, 'package'), stdio: 'ignore' });
      const [tarball] = readdirSync(house).filter((file) => file.endsWith('.tgz'));
      example = join(house, 'adapter-sqlite');
      cpSync(join(root, 'examples', 'adapter-sqlite'), example, { recursive: true });
      const modules = join(example, 'node_modules');
      mkdirSync(join(modules, 'portico'), { recursive: true });
      execFileSync('tar', ['-xzf', join(house, tarball ?? ''), '-C', join(modules, 'portico'), '--strip-components=1']);
      for (const name of readdirSync(join(root, 'node_modules')).filter((entry) => !entry.startsWith('.') && entry !== 'portico')) {
        symlinkSync(join(root, 'node_modules', name), join(modules, name));
      }
    });

    it(
      'lets an adapter written outside be judged by the kit with plain node --test',
      async () => {
        const test = run(process.execPath, ['--test', 'test/*.test.ts'], { cwd: example, env: { NODE_OPTIONS: '' } });
        const code = await test.exited;
        expect(code, test.output()).toBe(0);
        const passed = Number(/^. pass (\d+)$/m.exec(test.output())?.[1]);
        expect(passed).toBeGreaterThan(20);
      },
      BUILD_MS,
    );

    it('gives that adapter its types', async () => {
      const compilerOptions = {
        target: 'esnext',
        module: 'nodenext',
        strict: true,
        noEmit: true,
        allowImportingTsExtensions: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: true,
        types: ['node'],
      };
      writeFileSync(join(example, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src', 'test'] }));
      const tsc = run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', '.'], { cwd: example });
      expect(await tsc.exited, tsc.output()).toBe(0);
    });

    it('starts the gateway by its command', async () => {
      const bin = join(example, 'node_modules', 'portico', 'bin', 'portico.js');
      const help = run(process.execPath, [bin, 'help'], { cwd: example });
      expect([await help.exited, help.output()]).toEqual([0, expect.stringContaining('portico <command>')]);
      const port = await freePort();
      const env = { NODE_ENV: 'development', PORT: String(port), PORTICO_DATA: join(house, 'data'), LOG_LEVEL: 'warn' };
      const gateway = run(process.execPath, [bin, 'start'], { cwd: example, env });
      await answering(`http://127.0.0.1:${port}/health/ready`, gateway);
      gateway.kill('SIGTERM');
      expect(await gateway.exited).toBe(0);
    });
  });
});
