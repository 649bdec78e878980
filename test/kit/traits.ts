import assert from 'node:assert/strict';
import type { ApiOf, CapsOf, Port, Scope } from '../../ports/index.ts';
import type { Case } from './case.ts';
import { faultTraits } from './fault-traits.ts';
import { refuses, times, within } from './proof.ts';

/** One call of a verb that changes nothing worth keeping. `signal` is handed over to verbs that take one. */
export type Verb<P extends Port> = (api: ApiOf<P>, signal?: AbortSignal) => unknown;

/** What the cases that hold for every port need to know about one of them. */
export interface Traits<P extends Port> {
  /** Every verb that answers with a promise. */
  readonly verbs: Readonly<Record<string, Verb<P>>>;
  /** Verbs out of `verbs` that take a signal. */
  readonly waiting: readonly string[];
  /** Verbs out of `verbs` that may be answered from what the process knows, also while the engine is gone. */
  readonly local?: readonly string[];
  /** A write that leaves a mark by that name, and the question which of the names left one. Null where nothing is kept. */
  readonly mark: {
    readonly leave: (api: ApiOf<P>, name: string) => Promise<unknown>;
    readonly find: (api: ApiOf<P>, names: readonly string[]) => Promise<boolean[]>;
  } | null;
  readonly survivesKill: (caps: CapsOf<P>) => boolean;
  /** What is wrong with the claimed capabilities, in words. */
  readonly problems: (caps: CapsOf<P>) => readonly (string | false)[];
}

/** Names that break adapters which paste them together, escape them badly or use objects as maps. */
export const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '*',
  '%',
  '_',
  '{a}',
  'a:b',
  'a b',
  "it's",
  '"quoted"',
  'a\\b',
  'line\nbreak',
  '$1',
  'Ünïcode',
  '日本',
  '🏆',
  '0',
  '-1',
];

export const traitsOf = <P extends Port>(_port: P, traits: Traits<P>): Case<P>[] => [
  ...lifecycle(traits),
  ...shared(traits),
  ...faultTraits(traits),
];

function lifecycle<P extends Port>({ verbs, waiting, problems }: Traits<P>): Case<P>[] {
  const calls = Object.entries(verbs);
  return [
    {
      id: 'capabilities/whole',
      title: 'claims capabilities that make sense together',
      async run({ caps }) {
        assert.deepEqual(
          problems(caps).filter((problem) => problem !== false),
          [],
        );
      },
    },
    {
      id: 'lifecycle/close-twice',
      title: 'closes any number of times, also at once',
      async run({ instance }) {
        await Promise.all([instance.close(), instance.close()]);
        await instance.close();
      },
    },
    {
      id: 'lifecycle/closed',
      title: 'refuses every verb with CLOSED once closed',
      async run({ api, instance }) {
        const closing = instance.close();
        for (const [name, verb] of calls) await refuses('CLOSED', name, () => verb(api));
        await closing;
        for (const [name, verb] of calls) await refuses('CLOSED', name, () => verb(api));
      },
    },
    {
      id: 'lifecycle/health',
      title: 'is healthy while open and down once closed, and says so within a second',
      async run({ instance }) {
        const open = await within('health', instance.health(), 1_000);
        assert.equal(open.status, 'ok', open.detail ?? '');
        await instance.close();
        assert.equal((await within('health after close', instance.health(), 1_000)).status, 'down');
      },
    },
    {
      id: 'lifecycle/connection',
      title: 'has a connection that describes itself, closes twice and takes its ports down with it',
      isAlone: true,
      async run({ api, connection, instance }) {
        assert.ok(connection.description.length > 0, 'the connection describes itself');
        assert.doesNotMatch(connection.description, /:\/\/[^/\s]*:[^/\s]*@/, 'the description shows no password');
        assert.equal((await within('connection health', connection.health(), 1_000)).status, 'ok');
        await instance.close();
        await Promise.all([connection.close(), connection.close()]);
        assert.equal((await within('connection health after close', connection.health(), 1_000)).status, 'down');
        for (const [name, verb] of calls) await refuses('CLOSED', name, () => verb(api));
      },
    },
    {
      id: 'cancel/aborted',
      title: 'refuses with CANCELLED when the caller had given up before',
      skip: () => waiting.length === 0 && 'no verb of this port takes a signal',
      async run({ api }) {
        for (const name of waiting) {
          const verb = verbs[name];
          assert.ok(verb !== undefined, `${name} is a verb`);
          await refuses(['CANCELLED', 'UNSUPPORTED'], name, () => verb(api, AbortSignal.abort(new Error('gave up'))));
        }
      },
    },
  ];
}

function shared<P extends Port>({ mark }: Traits<P>): Case<P>[] {
  if (mark === null) return [];
  return [
    {
      id: 'namespace/apart',
      title: 'keeps what one namespace wrote from every other',
      async run({ api, open }) {
        const other = await open({ suffix: '-other' });
        await mark.leave(api, 'here');
        await mark.leave(other.api, 'there');
        assert.deepEqual(await mark.find(api, ['here', 'there']), [true, false]);
        assert.deepEqual(await mark.find(other.api, ['here', 'there']), [false, true]);
      },
    },
    {
      id: 'namespace/no-borrowing',
      title: 'does not mistake the end of a namespace for the start of a name',
      async run({ api, open }) {
        const longer = await open({ suffix: '-a' });
        await mark.leave(api, '-ab');
        assert.deepEqual(await mark.find(longer.api, ['b']), [false]);
        await mark.leave(longer.api, 'c');
        assert.deepEqual(await mark.find(api, ['-ac']), [false]);
      },
    },
    {
      id: 'namespace/reopened',
      title: 'finds what it wrote when a namespace is opened again on the connection',
      async run({ api, instance, open }) {
        await mark.leave(api, 'kept');
        const beside = await open();
        assert.deepEqual(await mark.find(beside.api, ['kept']), [true], 'a second instance sees it');
        await instance.close();
        assert.deepEqual(await mark.find(beside.api, ['kept']), [true], 'closing one instance leaves the other alone');
        await beside.instance.close();
        assert.deepEqual(await mark.find((await open()).api, ['kept']), [true], 'it is there after all were closed');
      },
    },
    {
      id: 'scope/second-node',
      title: 'shows a second node at once what the first was told is written, and the other way round',
      skip: (caps) => (caps as { readonly scope?: Scope }).scope !== 'cluster' && 'claims scope: process',
      async run({ api, open }) {
        const second = await open({ isSecondNode: true });
        await mark.leave(api, 'first');
        assert.deepEqual(await mark.find(second.api, ['first']), [true]);
        await mark.leave(second.api, 'second');
        assert.deepEqual(await mark.find(api, ['second']), [true]);
        const stranger = await open({ isSecondNode: true, suffix: '-other' });
        assert.deepEqual(await mark.find(stranger.api, ['first', 'second']), [false, false]);
      },
    },
    {
      id: 'names/hostile',
      title: 'takes any text as a name and confuses no two of them',
      async run({ api }) {
        const odd = HOSTILE_NAMES.filter((_, index) => index % 2 === 0);
        for (const name of odd) await mark.leave(api, name);
        assert.deepEqual(
          await mark.find(api, HOSTILE_NAMES),
          HOSTILE_NAMES.map((_, index) => index % 2 === 0),
        );
      },
    },
    {
      id: 'concurrency/distinct-writes',
      title: 'takes 40 writes at once and loses none',
      async run({ api }) {
        const all = times(40, (index) => `w${index}`);
        await Promise.all(all.map((name) => mark.leave(api, name)));
        assert.deepEqual(
          await mark.find(api, all),
          all.map(() => true),
        );
      },
    },
  ];
}
