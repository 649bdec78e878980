import assert from 'node:assert/strict';
import type { Grant, Lease } from '../../../ports/index.ts';
import type { Trial } from '../case.ts';

export const LONG_MS = 60_000;
export type LeaseTrial = Trial<typeof Lease>;

/** Acquires what must be free. */
export async function granted(t: LeaseTrial, name: string, holder: string, ttlMs = LONG_MS): Promise<Grant> {
  const grant = await t.api.acquire(name, { holder, ttlMs });
  assert.ok(grant !== null, `${holder} gets ${name}`);
  return grant;
}
