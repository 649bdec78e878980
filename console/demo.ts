import { parseArgs } from 'node:util';
import { demoToken } from '../server/auth/development.ts';
import { readConfig } from '../server/config.ts';
import { createApi, untilReady } from './demo/client.ts';
import { playMatches } from './demo/leaderboard.ts';

const OPTIONS = {
  url: { type: 'string' },
  token: { type: 'string' },
  players: { type: 'string', default: '5000' },
  rate: { type: 'string', default: '60' },
  seconds: { type: 'string' },
} as const;

/** `portico demo [leaderboard]`: real traffic through the public API of a running gateway. */
export const demo = {
  summary: 'drive real traffic through a running gateway: --players 5000 --rate 60 (matches a second) --seconds N --url URL --token TOKEN',
  async run(args: readonly string[]): Promise<number> {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [system = 'leaderboard'] = positionals;
    if (system !== 'leaderboard') {
      console.error(`there is no demo of "${system}"; there is one of: leaderboard`);
      return 2;
    }
    const config = readConfig();
    try {
      const players = positive('players', values.players);
      const matchesPerSecond = positive('rate', values.rate);
      const seconds = values.seconds === undefined ? undefined : positive('seconds', values.seconds);
      const url = values.url ?? `http://${config.host}:${config.port}`;
      const token = values.token ?? (await demoToken(config, 'service'));
      await untilReady(url);
      const say = (line: string) => console.log(`demo: ${line}`);
      await playMatches({ api: createApi(url, token), players, matchesPerSecond, signal: untilStopped(seconds), say });
      return 0;
    } catch (error) {
      console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    }
  },
};

function untilStopped(seconds: number | undefined): AbortSignal {
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  return seconds === undefined ? stopped.signal : AbortSignal.any([stopped.signal, AbortSignal.timeout(seconds * 1000)]);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1`);
  return value;
}
