import { type EventLog, isPortError, type Lease, type PendingRecord, type Relational } from '../../ports/index.ts';
import type { Environment } from './environment.ts';
import { hold } from './hold.ts';
import type { Work, WorkStatus } from './work.ts';

export interface OutboxRelayOptions {
  readonly relational: Relational;
  readonly log: EventLog;
  /** One process at a time relays, so that records of one key keep their order. */
  readonly lease: Lease;
  readonly holder: string;
  /** Default `outbox`. */
  readonly name?: string;
  readonly environment: Pick<Environment, 'clock' | 'log' | 'meter'>;
}

const BATCH = 500;
const LEASE_TTL_MS = 2_000;
const PAUSE_FIRST_MS = 50;
const PAUSE_MAX_MS = 5_000;

/**
 * Moves events that were committed beside rows into the event log, in order and once: the outbox id is the record's dedupe id, so a batch that
 * was appended but not settled when the process died is appended again to no effect. Waits for commits, does not poll.
 */
export function createOutboxRelay(options: OutboxRelayOptions): Work {
  const { relational, environment } = options;
  const { clock, log, meter } = environment;
  const name = options.name ?? 'outbox';
  const relayed = meter.counter(`${name}_relayed_total`, 'Records moved from the outbox to the event log.');
  const errors = meter.counter(`${name}_errors_total`, 'Failed steps of the outbox relay.');
  let status: WorkStatus = { state: 'starting' };

  const relayAll = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      const pending = await relational.pending(BATCH, { signal });
      if (pending.length === 0) return;
      for (const [topic, records] of byTopic(pending)) await append(topic, records, signal);
      await relational.settle(pending.map((record) => record.id));
      relayed.add(pending.length);
      status = { state: 'running' };
    }
  };
  /** An id that stands with other data is a bug of whoever wrote it; it is told and passed over, so that the rest can go on. */
  const append = async (topic: string, records: readonly PendingRecord[], signal: AbortSignal) => {
    const entries = records.map(({ id, key, data }) => ({ id, key, data }));
    const result = await options.log.append(topic, entries, { signal });
    if (result.kind === 'appended') return;
    const clashes = new Set(result.clashes);
    log.error('outbox records clash with what the log holds', {
      topic,
      ids: records.filter((_, at) => clashes.has(at)).map(({ id }) => id),
    });
    const rest = entries.filter((_, at) => !clashes.has(at));
    if (rest.length > 0) await options.log.append(topic, rest, { signal });
  };
  const lead = async (signal: AbortSignal) => {
    status = { state: 'running' };
    while (!signal.aborted) {
      await relayAll(signal);
      await relational.untilPending({ signal });
    }
  };

  return {
    name,
    status: () => status,
    async run(signal) {
      let pauseMs = PAUSE_FIRST_MS;
      while (!signal.aborted) {
        try {
          const onStandby = () => {
            status = { state: 'standby' };
          };
          await hold({ lease: options.lease, name, holder: options.holder, ttlMs: LEASE_TTL_MS, clock, signal, onStandby }, lead);
          pauseMs = PAUSE_FIRST_MS;
        } catch (error) {
          if (signal.aborted) break;
          errors.add(1);
          status = { state: 'failing', detail: error instanceof Error ? error.message : String(error) };
          if (!isPortError(error)) log.error('the outbox relay failed', { cause: String(error) });
          await clock.sleep(pauseMs, signal);
          pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
        }
      }
      status = { state: 'stopped' };
    },
  };
}

function byTopic(records: readonly PendingRecord[]): ReadonlyMap<string, readonly PendingRecord[]> {
  const topics = new Map<string, PendingRecord[]>();
  for (const record of records) {
    const topic = topics.get(record.topic);
    if (topic === undefined) topics.set(record.topic, [record]);
    else topic.push(record);
  }
  return topics;
}
