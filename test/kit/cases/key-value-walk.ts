import assert from 'node:assert/strict';
import { type AddEntry, KeyValue, type SetEntry } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { times } from '../proof.ts';

const STEPS = 250;
const KEYS = times(12, (index) => `k${index}`);

export const keyValueWalk = casesOf(KeyValue)([
  {
    id: 'model/walk',
    title: 'gives the answers of a plain map over a random walk of every verb',
    async run({ api, caps, random }) {
      const model = new Map<string, string>();
      const has = (act: 'take' | 'add' | 'onlyIf') => caps.atomic.includes(act);
      const someKeys = () => times(random.integer(1, 6), () => random.pick(KEYS));
      const setEntry = (): SetEntry => {
        const entry = { key: random.pick(KEYS), value: random.chance(0.7) ? `${random.integer(-50, 50)}` : 'text' };
        return has('onlyIf') && random.chance(0.4) ? { ...entry, onlyIf: random.chance(0.5) ? 'absent' : 'present' } : entry;
      };
      const steps: (() => Promise<void>)[] = [
        async () => {
          const keys = someKeys();
          assert.deepEqual(
            await api.get(keys),
            keys.map((key) => model.get(key) ?? null),
          );
        },
        async () => {
          const entries = times(random.integer(1, 6), setEntry);
          assert.deepEqual(
            await api.set(entries),
            entries.map((entry) => applySet(model, entry)),
          );
        },
        async () => {
          const keys = someKeys();
          assert.deepEqual(
            await api.remove(keys),
            keys.map((key) => model.delete(key)),
          );
        },
      ];
      if (has('take'))
        steps.push(async () => {
          const keys = someKeys();
          assert.deepEqual(
            await api.take(keys),
            keys.map((key) => {
              const value = model.get(key) ?? null;
              model.delete(key);
              return value;
            }),
          );
        });
      if (has('add'))
        steps.push(async () => {
          const countable = KEYS.filter((key) => model.get(key) !== 'text');
          if (countable.length === 0) return;
          const entries = times(
            random.integer(1, 6),
            (): AddEntry => ({ key: random.pick(countable), delta: random.integer(-9, 9), min: -60, max: 60 }),
          );
          assert.deepEqual(
            await api.add(entries),
            entries.map((entry) => applyAdd(model, entry)),
          );
        });
      for (let step = 0; step < STEPS; step++) await random.pick(steps)();
      assert.deepEqual(
        await api.get(KEYS),
        KEYS.map((key) => model.get(key) ?? null),
      );
    },
  },
]);

function applySet(model: Map<string, string>, { key, value, onlyIf }: SetEntry): boolean {
  if (onlyIf !== undefined && (onlyIf === 'present') !== model.has(key)) return false;
  model.set(key, value);
  return true;
}

function applyAdd(model: Map<string, string>, { key, delta, min = -Infinity, max = Infinity }: AddEntry): number | null {
  const sum = Number(model.get(key) ?? 0) + delta;
  if (sum < min || sum > max) return null;
  model.set(key, `${sum}`);
  return sum;
}
