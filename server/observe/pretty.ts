const COLOURS: Readonly<Record<string, string>> = { debug: '\u001b[90m', info: '\u001b[36m', warn: '\u001b[33m', error: '\u001b[31m' };
const DIM = '\u001b[90m';
const PLAIN = '\u001b[0m';

/** `12:30:05.120 info  listening port=4000`; an error's stack follows on lines of its own. */
export function prettyLine(line: string): string {
  const { level, time, message, ...fields } = JSON.parse(line) as Record<string, unknown> & {
    level: string;
    time: string;
    message?: string;
  };
  const stacks: string[] = [];
  const shown = Object.entries(fields).map(([name, value]) => `${DIM}${name}=${PLAIN}${text(value, stacks)}`);
  const head = `${DIM}${time.slice(11, 23)}${PLAIN} ${COLOURS[level] ?? ''}${level.padEnd(5)}${PLAIN} ${message ?? ''}`;
  return `${[head, ...shown].join(' ')}\n${stacks.map((stack) => `${DIM}${stack}${PLAIN}\n`).join('')}`;
}

function text(value: unknown, stacks: string[]): string {
  if (typeof value === 'string') return /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== 'object' || value === null || !('stack' in value)) return JSON.stringify(value);
  const { stack, message } = value as { stack: unknown; message?: unknown };
  if (typeof stack === 'string' && stack !== '') stacks.push(stack);
  return JSON.stringify(message);
}
