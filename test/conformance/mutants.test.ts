import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { conformance } from '../kit/index.ts';
import { liveMutants } from './mutants-live.ts';
import type { Mutant } from './mutants-made.ts';
import { orderedMutants } from './mutants-ordered.ts';
import { textMutants } from './mutants-text.ts';

const MUTANTS: readonly Mutant[] = [...textMutants, ...orderedMutants, ...liveMutants];
const SEED = 20_261_122;

/** The kit is itself tested: each mutant is a bug an adapter might well have, and the named case must fail because of it. */
describe('the kit notices', () => {
  for (const { bug, killedBy, adapter, sound } of MUTANTS) {
    it(`${bug} (${killedBy})`, async () => {
      const judge = (make: typeof adapter) => {
        const found = conformance({ adapter: make, seed: SEED, deadlineMs: 2_500 }).find(({ id }) => id === killedBy);
        assert.ok(found, `${killedBy} is a case`);
        assert.equal(found.omitted, null, `${killedBy} runs`);
        return found.run();
      };
      await assert.rejects(judge(adapter), 'the mutant survives');
      if (sound !== null) await judge(sound);
    });
  }

  it('has a mutant for every kind of promise', () => {
    assert.ok(MUTANTS.length >= 30);
  });
});

describe('known failures', () => {
  const [mutant] = textMutants;
  assert.ok(mutant);
  const { killedBy, adapter, sound } = mutant;
  const run = (make: typeof adapter) =>
    conformance({ adapter: make, knownFailures: { [killedBy]: 'https://example.org/why' } }).find(({ id }) => id === killedBy);

  it('are passed over while they fail', async () => {
    await run(adapter)?.run();
  });

  it('fail when they begin to pass', async () => {
    assert.ok(sound);
    await assert.rejects(async () => run(sound)?.run(), /take it off the list/);
  });

  it('must name a case and a link', () => {
    assert.throws(() => conformance({ adapter, knownFailures: { 'key-value/no/such': 'https://example.org' } }), /no case/);
    assert.throws(() => conformance({ adapter, knownFailures: { [killedBy]: 'because' as 'https://' } }), /link/);
  });
});
