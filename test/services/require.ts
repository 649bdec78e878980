import { describe } from 'vitest';

/** Suites that need a real engine use the returned `describe`: it runs, or it skips with one plain line. */
export type ServiceDescribe = typeof describe | typeof describe.skip;

/**
 * The one place that decides what a missing engine means. On a developer's machine its suites are skipped and one line says what to
 * install; with `CI=true` or `REQUIRE_SERVICES=1` the skip is a failure of the file that needed it.
 *
 * `const suite = serviceOrSkip('PostgreSQL', postgresAvailable, 'apt-get install postgresql'); suite('…', () => { … });`
 */
export function serviceOrSkip(name: string, available: boolean, hint: string): ServiceDescribe {
  if (available) return describe;
  const sentence = `${name} is not here: ${hint}`;
  if (servicesRequired()) throw new Error(`${sentence} (CI or REQUIRE_SERVICES makes this a failure)`);
  if (!told.has(name)) console.warn(`skipped: ${sentence}`);
  told.add(name);
  return describe.skip;
}

/** True when a missing engine must fail the run. */
export function servicesRequired(): boolean {
  return process.env['CI'] === 'true' || process.env['REQUIRE_SERVICES'] === '1';
}

const told = new Set<string>();
