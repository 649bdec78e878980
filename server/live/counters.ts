import type { Meter } from '../../plugins/kernel/index.ts';

/** What the live side did since the start. */
export interface Totals {
  /** Events of feeds executed. */
  readonly executions: number;
  /** Events handed to subscribers. */
  readonly deliveries: number;
  /** Snapshots replaced by a newer one before they left. */
  readonly conflated: number;
  /** Subscriptions ended because their subscriber was slower than the feed. */
  readonly cut: number;
  /** Sockets and streams turned away by a limit. */
  readonly refused: number;
}

/** Counts where it happens, for the monitor and for `stats()`. */
export interface Counters {
  executed(members: number): void;
  conflated(): void;
  cut(): void;
  refused(): void;
  closed(code: number): void;
  readonly totals: Totals;
}

export function createCounters(meter: Meter): Counters {
  const totals = { executions: 0, deliveries: 0, conflated: 0, cut: 0, refused: 0 };
  const executions = meter.counter('executions_total', 'Events of feeds executed.');
  const deliveries = meter.counter('deliveries_total', 'Events handed to subscribers.');
  const conflated = meter.counter('conflated_total', 'Snapshots replaced by a newer one on a slow socket.');
  const cut = meter.counter('cut_total', 'Subscriptions cut because their subscriber was too slow.');
  const refused = meter.counter('refused_total', 'Sockets and streams refused by a limit.');
  const closed = meter.counter('closed_total', 'Sockets closed, by close code.', ['code']);
  return {
    totals,
    executed(members) {
      totals.executions += 1;
      totals.deliveries += members;
      executions.add(1);
      deliveries.add(members);
    },
    conflated() {
      totals.conflated += 1;
      conflated.add(1);
    },
    cut() {
      totals.cut += 1;
      cut.add(1);
    },
    refused() {
      totals.refused += 1;
      refused.add(1);
    },
    closed: (code) => closed.add(1, { code: String(code) }),
  };
}
