import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type AnyAdapter, register, report } from '../kit/index.ts';

const doc = readFileSync(new URL('../../docs/writing-an-adapter.md', import.meta.url), 'utf8');
const [, code = ''] = /```ts\n(\/\/ map-adapter\.ts\n[\s\S]*?)```/.exec(doc) ?? [];

// Inside the checkout, so that the public names resolve; under a name that is never committed.
const room = new URL('../../node_modules/.cache/', import.meta.url).pathname;
mkdirSync(room, { recursive: true });
const folder = mkdtempSync(join(room, 'doc-adapter-'));
const file = join(folder, 'map-adapter.ts');
writeFileSync(file, code);
const { mapAdapter } = (await import(/* @vite-ignore */ file)) as { mapAdapter: () => AnyAdapter };

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the adapter of the guide', () => {
  it('is short enough to be read at once', () => {
    expect(code.split('\n').length).toBeLessThan(70);
  });

  it('fails nothing, and what it does not claim is skipped with a reason', async () => {
    const outcomes = await report({ adapter: mapAdapter });
    expect(outcomes.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(outcomes.filter(({ status }) => status === 'pass').length).toBeGreaterThan(20);
    for (const { status, reason } of outcomes) if (status === 'skip') expect(reason).toMatch(/claim/);
  });
});

register({ adapter: mapAdapter }, { describe, it, skip: it.skip });
