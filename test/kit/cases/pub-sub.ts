import assert from 'node:assert/strict';
import { GAP, type Message, PubSub } from '../../../ports/index.ts';
import { type Case, casesOf } from '../case.ts';
import { OUTAGE_ANSWER_MS, RECOVERY_MS } from '../fault-traits.ts';
import { outageOf } from '../harness.ts';
import { andThen, drains, eventually, gather, refuses, settlesWithin, times, within } from '../proof.ts';
import { HOSTILE_NAMES, traitsOf } from '../traits.ts';
import { pubSubBufferCases } from './pub-sub-buffer.ts';
import { listen, ROOMY } from './pub-sub-proof.ts';

const traits = traitsOf(PubSub, {
  verbs: {
    publish: (api) => api.publish([{ topic: 't', data: '1' }]),
    subscribe: (api) => api.subscribe(['t'], { signal: new AbortController().signal, buffer: { max: 1, overflow: 'drop-oldest' } }),
  },
  waiting: [],
  local: ['subscribe'],
  mark: null,
  survivesKill: () => false,
  problems: ({ scope, delivery, order, messageBytesMax }) => [
    !['process', 'cluster'].includes(scope) && `scope ${scope}`,
    !['at-most-once', 'at-least-once'].includes(delivery) && `delivery ${delivery}`,
    !['none', 'per-topic'].includes(order) && `order ${order}`,
    !(messageBytesMax >= 1024) && 'messageBytesMax is less than 1 KiB',
  ],
});

const own = casesOf(PubSub)([
  {
    id: 'subscribe/live-when-resolved',
    title: 'sees whatever is published once subscribe has resolved',
    async run(t) {
      for (const round of times(20, String)) {
        const { batches, stop } = await listen(t, ['a']);
        await t.api.publish([{ topic: 'a', data: round }]);
        const got = await gather('the message', batches, (all) => all.length > 0);
        assert.deepEqual(got, [{ topic: 'a', data: round }]);
        stop();
      }
    },
  },
  {
    id: 'subscribe/topics-apart',
    title: 'delivers the asked topics and no others, however odd their names',
    async run(t) {
      const wanted = HOSTILE_NAMES.filter((_, index) => index % 2 === 0);
      const { batches } = await listen(t, wanted);
      await t.api.publish(HOSTILE_NAMES.map((topic) => ({ topic, data: topic })));
      await t.api.publish(wanted.map((topic) => ({ topic, data: `${topic}!` })));
      const got = await gather('two of each', batches, (all) => wanted.every((topic) => has(all, topic, `${topic}!`)));
      const expected = wanted.flatMap((topic) => [topic, `${topic}!`]);
      assert.deepEqual(got.map(({ data }) => data).toSorted(), expected.toSorted());
      for (const { topic, data } of got) assert.ok(data === topic || data === `${topic}!`, `${data} came under ${topic}`);
    },
  },
  {
    id: 'subscribe/nothing-kept',
    title: 'keeps nothing for those who were not listening',
    async run(t) {
      await t.api.publish([{ topic: 'a', data: 'early' }]);
      const { batches } = await listen(t, ['a']);
      await t.api.publish([{ topic: 'a', data: 'late' }]);
      assert.deepEqual(await gather('the message', batches, (all) => has(all, 'a', 'late')), [{ topic: 'a', data: 'late' }]);
    },
  },
  {
    id: 'subscribe/order',
    title: 'keeps the order of a topic, within a call and between calls',
    skip: (caps) => caps.order !== 'per-topic' && 'claims no order',
    async run(t) {
      const { batches } = await listen(t, ['a', 'b']);
      for (let call = 0; call < 40; call++)
        await t.api.publish(times(20, (index) => ({ topic: index % 3 === 0 ? 'b' : 'a', data: `${call * 20 + index}` })));
      const got = await gather('800 messages', batches, (all) => all.length >= 800);
      for (const topic of ['a', 'b']) {
        const numbers = got.filter((message) => message.topic === topic).map(({ data }) => Number(data));
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
          `topic ${topic} in order`,
        );
      }
    },
  },
  {
    id: 'subscribe/text',
    title: 'delivers any text as it was',
    async run(t) {
      const { batches } = await listen(t, ['a']);
      const texts = ['', '🏆\u{10ffff}é\u0301', '\r\n\t"\\', '{"a":1}', "it's; --", 'x'.repeat(1_000)];
      await t.api.publish(texts.map((data) => ({ topic: 'a', data })));
      const got = await gather('the texts', batches, (all) => all.length >= texts.length);
      assert.deepEqual(got.map(({ data }) => data).toSorted(), texts.toSorted());
    },
  },
  {
    id: 'add/live-when-resolved',
    title: 'begins with no topics at all, and is live on an added one when add resolves',
    async run(t) {
      const { batches, subscription } = await listen(t, []);
      for (const topic of times(10, (index) => `t${index}`)) {
        await subscription.add([topic, topic]);
        await subscription.add([topic]);
        await t.api.publish([{ topic, data: 'once' }]);
      }
      await t.api.publish([{ topic: 't9', data: 'end' }]);
      const got = await gather('the end', batches, (all) => has(all, 't9', 'end') && all.length >= 11);
      assert.equal(got.length, 11, 'a topic added twice is one subscription');
    },
  },
  {
    id: 'remove/stops',
    title: 'hears nothing of a removed topic, still hears the others, and hears it again when added again',
    async run(t) {
      const { batches, subscription } = await listen(t, ['a', 'b']);
      await subscription.remove(['a', 'never']);
      await t.api.publish([{ topic: 'a', data: 'no' }]);
      await t.api.publish([{ topic: 'b', data: 'yes' }]);
      const first = await gather('b', batches, (all) => has(all, 'b', 'yes'));
      await subscription.add(['a']);
      await t.api.publish([{ topic: 'a', data: 'again' }]);
      const second = await gather('a', batches, (all) => has(all, 'a', 'again'));
      assert.ok(!has([...first, ...second], 'a', 'no'), 'a removed topic is silent');
    },
  },
  {
    id: 'subscribe/neighbours',
    title: 'leaves other subscriptions of a topic alone when one ends or removes it',
    async run(t) {
      const [stays, closes, aborts, removes] = await Promise.all([listen(t, ['a']), listen(t, ['a']), listen(t, ['a']), listen(t, ['a'])]);
      await closes.subscription.close();
      aborts.stop();
      await removes.subscription.remove(['a']);
      await t.api.publish([{ topic: 'a', data: 'still' }]);
      assert.deepEqual(await gather('the message', stays.batches, (all) => all.length > 0), [{ topic: 'a', data: 'still' }]);
    },
  },
  {
    id: 'end/close',
    title: 'ends without an error when closed, also while somebody waits for it, and closes twice',
    async run(t) {
      const { batches, subscription } = await listen(t, ['a']);
      const waiting = batches.next();
      assert.ok(!(await settlesWithin(waiting, 30)), 'it waits while there is nothing');
      await Promise.all([subscription.close(), subscription.close()]);
      assert.equal((await within('the end', waiting, 5_000)).done, true);
      assert.equal((await batches.next()).done, true);
    },
  },
  {
    id: 'end/abort',
    title: 'ends without an error when the signal aborts, also one that was aborted before',
    async run(t) {
      const { batches, stop } = await listen(t, ['a']);
      const waiting = batches.next();
      stop();
      assert.equal((await within('the end', waiting, 5_000)).done, true);
      const late = await t.api.subscribe(['a'], { signal: AbortSignal.abort(), buffer: ROOMY }).catch((error: unknown) => error);
      if (late instanceof Error) await refuses('CANCELLED', 'subscribe', () => Promise.reject(late));
      else assert.deepEqual(await drains('the late one', (late as AsyncIterable<readonly Message[]>)[Symbol.asyncIterator]()), []);
    },
  },
  {
    id: 'end/instance-closed',
    title: 'ends open subscriptions without an error when the port closes',
    async run(t) {
      const [waits, idle] = await Promise.all([listen(t, ['a']), listen(t, ['b'])]);
      const waiting = waits.batches.next();
      await t.instance.close();
      assert.equal((await within('the end', waiting, 5_000)).done, true);
      await drains('the idle one', idle.batches);
    },
  },
  {
    id: 'namespace/apart',
    title: 'does not deliver into another namespace',
    async run(t) {
      const other = await t.open({ suffix: '-other' });
      const { batches } = await listen(t, ['a']);
      await other.api.publish([{ topic: 'a', data: 'foreign' }]);
      await t.api.publish([{ topic: 'a', data: 'own' }]);
      assert.deepEqual(await gather('the own one', batches, (all) => has(all, 'a', 'own')), [{ topic: 'a', data: 'own' }]);
    },
  },
  {
    id: 'scope/second-node',
    title: 'delivers what a second node publishes, as soon as subscribe has resolved, and not into another namespace',
    skip: (caps) => caps.scope !== 'cluster' && 'claims scope: process',
    async run(t) {
      const second = await t.open({ isSecondNode: true });
      const stranger = await t.open({ isSecondNode: true, suffix: '-other' });
      const { batches } = await listen(t, ['a']);
      await stranger.api.publish([{ topic: 'a', data: 'foreign' }]);
      await second.api.publish([{ topic: 'a', data: 'far' }]);
      assert.deepEqual(await gather('the far one', batches, (all) => has(all, 'a', 'far')), [{ topic: 'a', data: 'far' }]);
    },
  },
  {
    id: 'concurrency/publishers-and-subscribers',
    title: 'brings the messages of 40 publishers to each of 40 subscribers, once, each publisher in order',
    async run(t) {
      const listeners = await Promise.all(times(40, () => listen(t, ['a'])));
      const publisher = async (name: number) => {
        for (let number = 0; number < 5; number++) await t.api.publish([{ topic: 'a', data: `${name}:${number}` }]);
      };
      await Promise.all(times(40, publisher));
      for (const { batches } of listeners) {
        const all = await gather('200 messages', batches, (got) => new Set(got.map(({ data }) => data)).size >= 200);
        if (t.caps.delivery === 'at-most-once') assert.equal(all.length, 200, 'none twice');
        if (t.caps.order !== 'per-topic') continue;
        for (const name of times(40, String)) {
          const own = all.flatMap(({ data }) => (data.startsWith(`${name}:`) ? [data] : []));
          assert.deepEqual(own, own.toSorted(), `publisher ${name} in order`);
        }
      }
    },
  },
  {
    id: 'batch/many-topics',
    title: 'listens to 500 topics in one subscription',
    async run(t) {
      const topics = times(500, (index) => `t${index}`);
      const { batches } = await listen(t, topics);
      await t.api.publish(topics.map((topic) => ({ topic, data: topic })));
      const got = await gather('one of each', batches, (all) => all.length >= 500);
      assert.deepEqual(new Set(got.map(({ topic }) => topic)), new Set(topics));
    },
  },
  {
    id: 'fault/gap',
    title: 'yields a batch that begins with GAP after the engine went away and came back, and goes on',
    needs: ['outage'],
    isAlone: true,
    deadlineMs: 90_000,
    async run(t) {
      const outage = outageOf(t.harness);
      assert.ok(outage);
      const { batches } = await listen(t, ['a']);
      await t.api.publish([{ topic: 'a', data: 'before' }]);
      await gather('before', batches, (all) => has(all, 'a', 'before'));
      await outage.begin();
      await andThen(
        eventually('down', async () => (await t.instance.health()).status === 'down'),
        async () => outage.end(),
      );
      let after: Message[] = [];
      const reading = gather('after', batches, (all) => has(all, 'a', 'after'), RECOVERY_MS).then((all) => {
        after = all;
      });
      await eventually(
        'a message after the outage',
        async () => {
          await t.api.publish([{ topic: 'a', data: 'after' }]).catch(() => undefined);
          return settlesWithin(reading, 100);
        },
        RECOVERY_MS,
      );
      await reading;
      assert.deepEqual(after[0], GAP);
    },
  },
  {
    id: 'fault/subscribe',
    title: 'either refuses a subscription while the engine is gone, or lets it begin with GAP',
    needs: ['outage'],
    isAlone: true,
    deadlineMs: 90_000,
    async run(t) {
      const outage = outageOf(t.harness);
      assert.ok(outage);
      await listen(t, ['a']);
      await outage.begin();
      const early = await within('subscribe', listen(t, ['a']).catch(refusal), OUTAGE_ANSWER_MS);
      await eventually('down', async () => (await t.instance.health()).status === 'down');
      const late = await andThen(within('subscribe', listen(t, ['a']).catch(refusal), OUTAGE_ANSWER_MS), async () => outage.end());
      for (const opened of [early, late]) {
        if (opened === null) continue;
        const reading = gather('the gap', opened.batches, (all) => all.length > 0, RECOVERY_MS);
        assert.deepEqual((await reading)[0], GAP);
      }
    },
  },
]);

export const pubSubCases: readonly Case<typeof PubSub>[] = [...traits, ...own, ...pubSubBufferCases];

async function refusal(error: unknown): Promise<null> {
  await refuses(['UNAVAILABLE', 'TIMEOUT'], 'subscribe', () => Promise.reject(error));
  return null;
}

const has = (all: readonly Message[], topic: string, data: string) =>
  all.some((message) => message.topic === topic && message.data === data);
