import type { Waiting } from '../../ports/index.ts';

/** The last argument of a verb that may wait, with or without a signal. */
export const waitingWith = (signal: AbortSignal | undefined): Waiting => (signal === undefined ? {} : { signal });
