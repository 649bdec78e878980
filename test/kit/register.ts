import { conformance } from './conformance.ts';
import type { Harness } from './harness.ts';

/** What vitest and node:test have in common; `bun:test` and jest need a line of glue for the second argument of `it`. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, options: { readonly timeout: number }, body: () => Promise<void>) => unknown;
  readonly skip: (name: string, body: () => void) => unknown;
}

/**
 * Hands every case to a test runner: `register({ adapter: () => mine() }, { describe, it, skip: it.skip })`. What is left out is handed
 * over as skipped, with the reason in its name.
 */
export function register(harness: Harness, { describe, it, skip }: Runner): void {
  const cases = conformance(harness);
  for (const port of new Set(cases.map((one) => one.port))) {
    describe(`${harness.adapter().name} as ${port}`, () => {
      for (const one of cases.filter((candidate) => candidate.port === port)) {
        const name = `[${one.id}] ${one.title}`;
        if (one.omitted !== null) skip(`${name} (${one.omitted.status}: ${one.omitted.reason})`, () => undefined);
        else it(one.known === null ? name : `${name} (known failure: ${one.known})`, { timeout: one.timeoutMs }, () => one.run());
      }
    });
  }
}
