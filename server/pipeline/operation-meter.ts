import type { Meter } from '../../plugins/kernel/index.ts';

type Kind = 'query' | 'mutation' | 'subscription' | 'unknown';
type Outcome = 'ok' | 'error' | 'refused' | 'timeout';

export interface OperationMeter {
  record(kind: Kind, outcome: Outcome, ms: number): void;
}

/** Operations by kind and outcome, and how long they took. Labels come from two closed lists, so the series are bounded. */
export function createOperationMeter(meter: Meter): OperationMeter {
  const operations = meter.counter('operations_total', 'Operations answered', ['kind', 'outcome']);
  const seconds = meter.histogram('operation_seconds', 'Time from the guards to the result', BUCKETS, ['kind']);
  return {
    record(kind, outcome, ms) {
      operations.add(1, OUTCOME_LABELS[kind][outcome]);
      if (outcome !== 'refused') seconds.observe(ms / 1000, KIND_LABELS[kind]);
    },
  };
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

const labelsOf = (kind: Kind) => ({
  ok: { kind, outcome: 'ok' },
  error: { kind, outcome: 'error' },
  refused: { kind, outcome: 'refused' },
  timeout: { kind, outcome: 'timeout' },
});

const OUTCOME_LABELS = {
  query: labelsOf('query'),
  mutation: labelsOf('mutation'),
  subscription: labelsOf('subscription'),
  unknown: labelsOf('unknown'),
};

const KIND_LABELS = {
  query: { kind: 'query' },
  mutation: { kind: 'mutation' },
  subscription: { kind: 'subscription' },
  unknown: { kind: 'unknown' },
};
