export { type Case, casesOf, type Need, type Opened, type OpenOptions, type Suite, suite, type Trial } from './case.ts';
export { conformance, type Runnable } from './conformance.ts';
export { type AnyAdapter, type Cut, type Harness, type Kill } from './harness.ts';
export { createRandom, type Random } from './random.ts';
export { type Runner, register } from './register.ts';
export { type ConformanceReport, conformanceReport, type Outcome, type OutcomeStatus, report } from './report.ts';
