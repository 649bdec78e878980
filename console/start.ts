import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { readConfig } from '../server/config.ts';
import { createLog } from '../server/observe/log.ts';
import { type RunningGateway, startGateway } from '../server/start.ts';
import { loadGateway } from './config-file.ts';

/** `portico start`: runs the gateway until SIGTERM or SIGINT; a second signal ends it at once. */
export const start = {
  summary: 'run the gateway; --demo drives real traffic through it',
  async run(args: readonly string[]): Promise<number> {
    const { values } = parseArgs({ args: [...args], options: { demo: { type: 'boolean' } } });
    const config = readConfig();
    const log = createLog({ level: config.logLevel, pretty: config.mode === 'development' && process.stdout.isTTY });
    const { gateway, from } = await loadGateway(config);
    const running = await startGateway(gateway, config, log);
    console.log(banner(running, from));
    const stopped = untilSignalled();
    const demo = values.demo ? driveDemo(running.url) : undefined;
    const signal = await stopped;
    demo?.kill('SIGTERM');
    console.log(`${signal}: draining, then stopping. The same signal again ends it at once.`);
    await running.close();
    return 0;
  },
};

function untilSignalled(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve(signal);
      });
    }
  });
}

/** The demo is a client like any other, so it runs in a process of its own. */
const driveDemo = (url: string) => spawn(process.execPath, [process.argv[1] ?? '', 'demo', '--url', url], { stdio: 'inherit' });

function banner({ url, engines, ports, plugins, demoTokens }: RunningGateway, from: string): string {
  const byResource = Object.entries(engines).map(([resource, description]) => {
    const served = ports.filter((port) => port.resource === resource).map((port) => port.place);
    return `  ${resource.padEnd(8)}${description}\n          serves ${served.join(', ')}`;
  });
  const tokens = demoTokens.map(({ title, token }) => `  ${title}\n    ${token}`);
  return [
    '',
    `Portico is open: ${plugins.map(({ name }) => name).join(', ')}. Bound by ${from}.`,
    '',
    `  GraphiQL  ${url}/graphql`,
    `  GraphQL   POST ${url}/graphql · subscriptions over WebSocket and SSE on the same path`,
    `  REST      ${url}/openapi.json     Health  ${url}/health     Metrics  ${url}/metrics`,
    '',
    'Engines',
    ...byResource,
    ...(tokens.length > 0 ? ['', 'Demo tokens, valid for a day, in development only (GraphiQL opens with the last one)', ...tokens] : []),
    '',
    ...(demoTokens.length > 0 ? ['Feed it: `npm run demo` in another terminal plays matches between 5,000 players.', ''] : []),
  ].join('\n');
}
