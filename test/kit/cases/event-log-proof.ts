import assert from 'node:assert/strict';
import { type EventLog, type LogRecord, type NewRecord, type Placed, partitionOf } from '../../../ports/index.ts';

/** Appends what must not clash. */
export async function appended(api: EventLog, topic: string, records: readonly NewRecord[]): Promise<readonly Placed[]> {
  const result = await api.append(topic, records);
  assert.equal(result.kind, 'appended');
  assert.ok(result.kind === 'appended');
  assert.equal(result.placed.length, records.length, 'one place per record');
  return result.placed;
}

/** Every record held of a partition, page by page. */
export async function readAll(api: EventLog, topic: string, partition: number, from = 0): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (let after = from; ; ) {
    const page = await api.read(topic, partition, { after, limit: 1_000 });
    all.push(...page);
    const last = page.at(-1);
    if (last === undefined) return all;
    assert.ok(last.position > after, 'positions ascend');
    after = last.position;
  }
}

export const bodies = (records: readonly LogRecord[]) => records.map(({ data }) => data);
export const positionsOf = (records: readonly { readonly position: number }[]) => records.map(({ position }) => position);

/** A key that falls into the partition. */
export function keyFor(partition: number, partitions: number): string {
  for (let index = 0; ; index++) if (partitionOf(`key${index}`, partitions) === partition) return `key${index}`;
}

/** Positions must ascend strictly; without a hole when the capability says so. */
export function assertInOrder(records: readonly LogRecord[], isGapless: boolean, what: string): void {
  records.forEach(({ position }, index) => {
    const previous = records[index - 1]?.position;
    if (previous === undefined) return;
    if (isGapless) assert.equal(position, previous + 1, `${what}: position ${position} follows ${previous}`);
    else assert.ok(position > previous, `${what}: position ${position} follows ${previous}`);
  });
}
