import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answering, freePort, run } from './build/processes.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

describe('the launcher', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portico-launcher-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lets SIGTERM to `npm start` end the gateway and its engine cleanly', async () => {
    const port = await freePort();
    const env = { NODE_ENV: 'development', PORT: String(port), PORTICO_DATA: folder, LOG_LEVEL: 'info' };
    const npm = run('npm', ['start'], { cwd: root, env });
    await answering(`http://127.0.0.1:${port}/health/ready`, npm);
    const engine = Number(/"pid":(\d+)/.exec(npm.output())?.[1]);
    expect(existsSync(`/proc/${engine}`)).toBe(true);
    npm.kill('SIGTERM');
    await npm.exited;
    await gone(engine);
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow();
    expect(npm.output()).toContain('draining');
  });

  const old = oldNode();
  it.skipIf(old === null)('hands over from a Node that is too old to the one that is pinned, signals and exit code included', async () => {
    const main = join(folder, 'console', 'main.ts');
    mkdirSync(join(folder, 'console'));
    cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const fake = join(folder, 'node_modules', `node-${process.platform}-${process.arch}`);
    mkdirSync(join(fake, 'bin'), { recursive: true });
    writeFileSync(join(fake, 'package.json'), '{}');
    writeFileSync(join(fake, 'bin', 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
    writeFileSync(
      main,
      "console.log(process.versions.node, ...process.argv.slice(2)); setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(7));",
    );
    const launched = run(old ?? '', [join(folder, 'bin', 'portico.js'), 'start', 'x y'], { cwd: folder });
    await printed(launched, 'x y');
    expect(launched.output().trim()).toBe(`${process.versions.node} start x y`);
    launched.kill('SIGTERM');
    expect(await launched.exited).toBe(7);
  });

  it.skipIf(old === null)('says in a sentence what to do when there is no Node that can run it', async () => {
    cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    mkdirSync(join(folder, 'console'));
    writeFileSync(join(folder, 'console', 'main.ts'), '');
    const launched = run(old ?? '', [join(folder, 'bin', 'portico.js')], { cwd: folder });
    expect(await launched.exited).toBe(1);
    expect(launched.output().trim()).toMatch(/^Portico needs Node 22\.18 or newer; this is [\d.]+\. .*Node 24.*$/);
  });
});

/** A Node on this machine that is older than the launcher's least, if there is one. */
function oldNode(): string | null {
  return (
    ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path) && isOld(execFileSync(path, ['--version']).toString())) ?? null
  );
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  return major < 22 || (major === 22 && minor < 18);
}

async function printed(running: ReturnType<typeof run>, text: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!running.output().includes(text)) {
    if (Date.now() > deadline) throw new Error(`never printed "${text}":\n${running.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (isRunning(pid)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
