import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type Port, PortError } from '../../ports/index.ts';
import type { Case } from './case.ts';
import { killOf, outageOf } from './harness.ts';
import { andThen, eventually, refuses, times, untilAnswered, within } from './proof.ts';
import type { Traits } from './traits.ts';

/** How long a call may take to find out that the engine is gone. */
export const OUTAGE_ANSWER_MS = 10_000;
/** How long an adapter may take to serve again once the engine is back. */
export const RECOVERY_MS = 25_000;
const PATIENCE = { isAlone: true, deadlineMs: 90_000 } as const;

/** Cases about an engine that goes away and comes back. They hold for every port. */
export function faultTraits<P extends Port>({ verbs, local = [], mark, survivesKill }: Traits<P>): Case<P>[] {
  const calls = Object.entries(verbs);
  return [
    {
      id: 'fault/unavailable',
      title: 'answers UNAVAILABLE in bounded time while the engine is gone, is down, and serves again when it is back',
      needs: ['outage'],
      ...PATIENCE,
      async run({ api, harness, instance }) {
        const outage = outageOf(harness);
        assert.ok(outage);
        for (const [, verb] of calls) await Promise.resolve(verb(api)).catch(expected);
        await outage.begin();
        try {
          const remote = calls.filter(([name]) => !local.includes(name));
          await Promise.all(remote.map(([name, verb]) => isCutOff(name, async () => verb(api))));
          await eventually('health is down', async () => (await within('health', instance.health(), 1_500)).status === 'down');
        } finally {
          await outage.end();
        }
        for (const [name, verb] of calls) await untilAnswered(name, async () => Promise.resolve(verb(api)).catch(expected), RECOVERY_MS);
        await eventually('health is ok', async () => (await within('health', instance.health(), 1_500)).status === 'ok', RECOVERY_MS);
      },
    },
    ...(mark === null
      ? []
      : [
          {
            id: 'fault/outcome',
            title: 'tells the truth about writes that an outage hit: answered is there, `not-applied` is not',
            needs: ['outage'],
            ...PATIENCE,
            async run({ api, harness }) {
              const outage = outageOf(harness);
              assert.ok(outage);
              await mark.leave(api, 'before');
              const all = times(60, (index) => `w${index}`);
              const fates = all.map((name) => settle(mark.leave(api, name)));
              await fates[0];
              await outage.begin();
              const settled = await andThen(within('writes hit by the outage', Promise.all(fates), OUTAGE_ANSWER_MS * 2), () =>
                outage.end(),
              );
              const found = await untilAnswered('finding the writes', () => mark.find(api, ['before', ...all]), RECOVERY_MS);
              if (harness.fault !== undefined && 'cut' in harness.fault) assert.ok(found[0], 'what was there before the cut still is');
              settled.forEach((error, index) => {
                const isThere = found[index + 1];
                if (error === null && 'cut' in (harness.fault ?? {})) assert.ok(isThere, `write ${index} was acknowledged`);
                if (error === null) return;
                assert.ok(error instanceof PortError, `write ${index} failed with a PortError, not ${inspect(error)}`);
                if (error.outcome === 'not-applied') assert.ok(!isThere, `write ${index} said not-applied but is there (${error.code})`);
              });
            },
          } satisfies Case<P>,
          {
            id: 'fault/durable',
            title: 'still has every acknowledged write after the engine was killed and started again',
            needs: ['kill'],
            ...PATIENCE,
            skip: (caps) => !survivesKill(caps) && 'claims no durability',
            async run({ api, harness }) {
              const engine = killOf(harness);
              assert.ok(engine);
              const all = times(40, (index) => `w${index}`);
              const fates = all.map((name) => settle(mark.leave(api, name)));
              await Promise.all(fates.slice(0, 20));
              await engine.kill();
              const settled = await andThen(within('writes hit by the kill', Promise.all(fates), OUTAGE_ANSWER_MS * 2), async () =>
                engine.restart(),
              );
              const found = await untilAnswered('finding the writes', () => mark.find(api, all), RECOVERY_MS);
              settled.forEach((error, index) => {
                if (error === null) assert.ok(found[index], `write ${index} was acknowledged and is gone`);
              });
            },
          } satisfies Case<P>,
        ]),
  ];
}

const settle = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

/** A verb that is not claimed refuses with UNSUPPORTED in good times and in bad. */
async function isCutOff(name: string, call: () => Promise<unknown>): Promise<void> {
  const refused = refuses(['UNAVAILABLE', 'TIMEOUT', 'UNSUPPORTED'], `${name} while the engine is gone`, call);
  await within(`${name} while the engine is gone`, refused, OUTAGE_ANSWER_MS);
}

function expected(error: unknown): void {
  if (!(error instanceof PortError) || !['UNSUPPORTED', 'NOT_FOUND'].includes(error.code)) throw error;
}
