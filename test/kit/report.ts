import { writeFile } from 'node:fs/promises';
import { conformance } from './conformance.ts';
import type { Harness } from './harness.ts';

export type OutcomeStatus = 'pass' | 'fail' | 'skip' | 'known-failure' | 'not-exercised';

export interface Outcome {
  readonly port: string;
  /** `port/topic/what`. */
  readonly id: string;
  readonly title: string;
  readonly status: OutcomeStatus;
  /** Why it failed or was left out, or the link of a known failure. */
  readonly reason?: string;
}

/** What a published adapter shows: who was judged, by what, on what it claims, with what result. */
export interface ConformanceReport {
  readonly format: 1;
  readonly adapter: { readonly name: string; readonly version: string };
  readonly at: string;
  readonly seed: number;
  readonly environment: { readonly node: string; readonly platform: string };
  readonly ports: readonly { readonly port: string; readonly contract: number; readonly capabilities: object }[];
  readonly totals: Readonly<Record<OutcomeStatus, number>>;
  readonly outcomes: readonly Outcome[];
}

/** Runs every case, one after the other, without a test runner. Never rejects because of the adapter. */
export async function report(harness: Harness): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const one of conformance(harness)) {
    const { port, id, title } = one;
    if (one.omitted !== null) {
      outcomes.push({ port, id, title, ...one.omitted });
      continue;
    }
    const failure = await one.run().then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (failure !== null) outcomes.push({ port, id, title, status: 'fail', reason: failure });
    else if (one.known !== null) outcomes.push({ port, id, title, status: 'known-failure', reason: one.known });
    else outcomes.push({ port, id, title, status: 'pass' });
  }
  return outcomes;
}

/** The same as a document, written to `file` when one is named. */
export async function conformanceReport(harness: Harness, file?: string | URL): Promise<ConformanceReport> {
  const { name, version, provides } = harness.adapter();
  const seed = harness.seed ?? Math.floor(Math.random() * 2 ** 31);
  const outcomes = await report({ ...harness, seed });
  const count = (status: OutcomeStatus) => outcomes.filter((outcome) => outcome.status === status).length;
  const document: ConformanceReport = {
    format: 1,
    adapter: { name, version },
    at: new Date().toISOString(),
    seed,
    environment: { node: process.version, platform: `${process.platform}-${process.arch}` },
    ports: Object.values(provides).map(({ port, caps }) => ({ port: port.id, contract: port.contract, capabilities: caps })),
    totals: {
      pass: count('pass'),
      fail: count('fail'),
      skip: count('skip'),
      'known-failure': count('known-failure'),
      'not-exercised': count('not-exercised'),
    },
    outcomes,
  };
  if (file !== undefined) await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
  return document;
}
