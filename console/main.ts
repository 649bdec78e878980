import { StartError } from '../server/compose/open.ts';
import { ConfigError } from '../server/config.ts';

interface Command {
  readonly summary: string;
  /** Resolves to the exit code; a command that serves resolves when it has stopped. */
  run(args: readonly string[]): Promise<number>;
}

/** Each command is loaded when it is asked for, so that none pays for another. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).start,
  demo: async () => (await import('./demo.ts')).demo,
  migrate: async () => (await import('./migrate.ts')).migrateCommand,
  schema: async () => (await import('./schema.ts')).schemaCommand,
};

async function main(args: readonly string[]): Promise<number> {
  const [name = 'start', ...rest] = args;
  const load = COMMANDS[name];
  if (load === undefined) {
    await printHelp();
    return name === 'help' || name === '--help' ? 0 : 2;
  }
  const command = await load();
  if (rest.includes('--help')) {
    console.log(`portico ${name}: ${command.summary}`);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (isUnknownArgument(error)) {
      console.error(`${error.message}\n\nportico ${name}: ${command.summary}`);
      return 2;
    }
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
    console.error(`Portico cannot start:\n${error.problems.map((problem) => `  - ${problem}`).join('\n')}`);
    return 1;
  }
}

/** `parseArgs` of `node:util` gives each of its errors such a code. */
const isUnknownArgument = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');

async function printHelp(): Promise<void> {
  const lines = await Promise.all(Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(13)}${(await load()).summary}`));
  console.log(`portico <command>\n\n${lines.join('\n')}\n\nEvery command takes --help.`);
}

process.exitCode = await main(process.argv.slice(2));
