import assert from 'node:assert/strict';
import { PubSub } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { drains, eventually, gather, refuses, times } from '../proof.ts';
import { listen } from './pub-sub-proof.ts';

/** Slow readers and arguments out of bounds. */
export const pubSubBufferCases = casesOf(PubSub)([
  {
    id: 'buffer/drop-oldest',
    title: 'keeps the newest messages of a reader that does not read, and counts the ones it dropped',
    async run(t) {
      const { batches, subscription } = await listen(t, ['a'], { max: 5, overflow: 'drop-oldest' });
      assert.equal(subscription.dropped, 0);
      for (let call = 0; call < 5; call++) await t.api.publish(times(10, (index) => ({ topic: 'a', data: `${call * 10 + index}` })));
      await eventually('45 dropped', () => subscription.dropped === 45);
      const kept = await gather('what was kept', batches, (all) => all.length > 0);
      assert.equal(kept.length, 5);
      if (t.caps.order === 'per-topic')
        assert.deepEqual(
          kept.map(({ data }) => data),
          ['45', '46', '47', '48', '49'],
        );
    },
  },
  {
    id: 'buffer/latest-per-topic',
    title: 'keeps only the newest message of each topic, and counts the others',
    async run(t) {
      const topics = ['a', 'b', 'c'];
      const { batches, subscription } = await listen(t, topics, { max: 10, overflow: 'latest-per-topic' });
      for (let number = 0; number < 20; number++) await t.api.publish(topics.map((topic) => ({ topic, data: `${number}` })));
      await eventually('57 dropped', () => subscription.dropped === 57);
      const kept = await gather('what was kept', batches, (all) => all.length > 0);
      assert.deepEqual(kept.map(({ topic }) => topic).toSorted(), topics);
      if (t.caps.order === 'per-topic')
        assert.deepEqual(
          kept.map(({ data }) => data),
          ['19', '19', '19'],
        );
    },
  },
  {
    id: 'buffer/fail',
    title: 'ends with OVERLOADED when the buffer must not lose anything and is full',
    async run(t) {
      const { batches } = await listen(t, ['a'], { max: 3, overflow: 'fail' });
      const witness = await listen(t, ['a']);
      await t.api.publish(times(10, (index) => ({ topic: 'a', data: `${index}` })));
      await gather('the witness', witness.batches, (all) => all.length >= 10);
      await eventually('the refusal', async () => {
        const step = await batches.next().then(
          () => null,
          (error: unknown) => error,
        );
        if (step === null) return false;
        await refuses('OVERLOADED', 'reading', () => Promise.reject(step));
        return true;
      });
      await drains('after the refusal', batches);
    },
  },
  {
    id: 'buffer/slow-alone',
    title: 'does not slow a quick reader down because of a slow one',
    async run(t) {
      await listen(t, ['a'], { max: 1, overflow: 'drop-oldest' });
      const quick = await listen(t, ['a']);
      for (let call = 0; call < 10; call++) await t.api.publish(times(50, (index) => ({ topic: 'a', data: `${call * 50 + index}` })));
      assert.equal((await gather('500 messages', quick.batches, (all) => all.length >= 500)).length, 500);
    },
  },
  {
    id: 'bounds/message-bytes',
    title: 'delivers a message of as many bytes as it claims; refuses a longer one with the whole call',
    async run(t) {
      const { batches } = await listen(t, ['a']);
      const most = t.caps.messageBytesMax;
      const bytes = Math.min(most, 1024 * 1024);
      const longest = 'ü'.repeat(Math.floor(bytes / 2)) + 'x'.repeat(bytes % 2);
      await t.api.publish([{ topic: 'a', data: longest }]);
      const [got] = await gather('the longest', batches, (all) => all.length > 0);
      assert.ok(got?.data === longest, 'the longest message arrives whole');
      if (most > 32 * 1024 * 1024) return;
      const tooLong = { topic: 'a', data: 'ü'.repeat(Math.floor(most / 2) + 1) };
      await refuses('INVALID_ARGUMENT', 'publish', () => t.api.publish([{ topic: 'a', data: 'no' }, tooLong]));
      await t.api.publish([{ topic: 'a', data: 'next' }]);
      assert.deepEqual(await gather('the next', batches, (all) => all.length > 0), [{ topic: 'a', data: 'next' }]);
    },
  },
  {
    id: 'bounds/topics',
    title: 'refuses topics that are empty or longer than 200 bytes, and publishes nothing of such a call',
    async run(t) {
      const longest = 'ü'.repeat(100);
      const { batches, subscription } = await listen(t, ['a', longest]);
      for (const topic of ['', 'x'.repeat(201), 'ü'.repeat(101)]) {
        await refuses('INVALID_ARGUMENT', 'publish', () =>
          t.api.publish([
            { topic: 'a', data: 'no' },
            { topic, data: 'no' },
          ]),
        );
        await refuses('INVALID_ARGUMENT', 'subscribe', () =>
          t.api.subscribe(['a', topic], { signal: t.signal, buffer: { max: 1, overflow: 'fail' } }),
        );
        await refuses('INVALID_ARGUMENT', 'add', () => subscription.add([topic]));
      }
      await t.api.publish([{ topic: longest, data: 'yes' }]);
      assert.deepEqual(await gather('the message', batches, (all) => all.length > 0), [{ topic: longest, data: 'yes' }]);
    },
  },
]);
