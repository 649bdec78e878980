import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { guestbook } from '../../examples/plugin-guestbook/src/plugin.ts';
import { createLog, defineGateway, memory, type RunningGateway, readConfig, startGateway } from '../../server/index.ts';

let gateway: RunningGateway;
const data = mkdtempSync(join(tmpdir(), 'portico-guestbook-'));
beforeAll(async () => {
  const bound = defineGateway({ local: memory() }).use(guestbook, { pages: 'local' });
  gateway = await startGateway(bound, readConfig({ PORT: '0', PORTICO_DATA: data }), createLog({ level: 'silent' }));
});
afterAll(async () => {
  await gateway.close();
  rmSync(data, { recursive: true });
});

const ask = async (query: string) => {
  const answer = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return answer.json();
};

it('a system from outside answers beside no other, with its types, its refusals and its own namespace', async () => {
  expect(
    await ask('mutation { signGuestbook(name: "ada", text: "was here") { __typename ... on GuestbookSigned { page { text } } } }'),
  ).toEqual({
    data: { signGuestbook: { __typename: 'GuestbookSigned', page: { text: 'was here' } } },
  });
  expect(await ask('{ guestbook(names: ["nobody", "ada"]) { name text } }')).toEqual({
    data: { guestbook: [null, { name: 'ada', text: 'was here' }] },
  });
  expect(await ask('mutation { signGuestbook(name: "ada", text: "") { ... on Refusal { field message } } }')).toEqual({
    data: { signGuestbook: { field: 'text', message: 'must be 1 to 280 characters' } },
  });
  expect(await ask('{ leaderboard { id } }')).toMatchObject({ errors: [{ message: expect.stringContaining('leaderboard') }] });
});

it('shows its port and where it is bound', async () => {
  expect(await (await fetch(`${gateway.url}/health/ready`)).json()).toMatchObject({
    status: 'ok',
    ports: [{ place: 'guestbook.pages', port: 'key-value', resource: 'local', adapter: 'memory', status: 'ok' }],
  });
});
