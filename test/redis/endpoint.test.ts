import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../adapters/redis/byte-order.ts';
import { describeEndpoint, parseEndpoint } from '../../adapters/redis/endpoint.ts';
import { decodeTie, encodeTie } from '../../adapters/redis/ranked-member.ts';
import { slotOf } from '../../adapters/redis/slot.ts';

describe('the address of Redis', () => {
  it('names a server, a database and credentials, and is shown without the credentials', () => {
    const endpoint = parseEndpoint({ url: 'rediss://me:p%40ss@cache.example:6380/2' });
    expect(endpoint).toMatchObject({
      kind: 'single',
      host: 'cache.example',
      port: 6380,
      db: 2,
      username: 'me',
      password: 'p@ss',
      tls: true,
    });
    expect(describeEndpoint(endpoint)).toBe('cache.example:6380, database 2');
  });

  it('names a Cluster by one URL with several hosts or by several URLs', () => {
    const nodes = [
      { host: 'a', port: 7000 },
      { host: 'b', port: 6379 },
    ];
    expect(parseEndpoint({ url: 'redis+cluster://:secret@a:7000,b' })).toMatchObject({ kind: 'cluster', nodes, password: 'secret' });
    expect(parseEndpoint({ nodes: ['redis://a:7000', 'redis://b'] })).toMatchObject({ kind: 'cluster', nodes, password: undefined });
  });

  it('is refused without being repeated when it is malformed', () => {
    for (const url of ['', 'localhost:secret', 'http://:secret@x', 'redis://:secret@x/y']) {
      const refusal = refusalOf(() => parseEndpoint({ url }));
      expect(refusal).toMatch(/Redis/);
      expect(refusal).not.toContain('secret');
    }
    expect(() => parseEndpoint({ nodes: [] })).toThrow(/one node at least/);
  });
});

describe('names and members', () => {
  it('hash to the slots of the Redis Cluster specification', () => {
    expect(slotOf('123456789')).toBe(0x31c3);
    expect(slotOf('{user1000}.following')).toBe(slotOf('{user1000}.followers'));
    expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'));
    expect(slotOf('foo{bar}{zap}')).toBe(slotOf('bar'));
  });

  it('carry ties whose bytes sort as their numbers do', () => {
    const ties = [0, 1, 63, 64, 4095, 4096, 2 ** 32 - 1, 2 ** 32, 2 ** 52, 2 ** 53 - 2, 2 ** 53 - 1];
    const encoded = ties.map(encodeTie);
    expect(encoded.map(decodeTie)).toEqual(ties);
    expect(encoded.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))).toEqual(encoded);
    expect(new Set(encoded.map((text) => Buffer.byteLength(text)))).toEqual(new Set([9]));
  });

  it('compare as their UTF-8 bytes do', () => {
    const names = ['', 'a', 'ab', 'b', 'é', '\ud7ff', '\ue000', '\uffee', '🙂', '🙃', 'a🙂', 'a\uffee'];
    for (const a of names)
      for (const b of names) expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  });
});

function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}
