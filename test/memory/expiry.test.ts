import { describe, expect, it } from 'vitest';
import { createExpiryHeap } from '../../adapters/memory/expiry-heap.ts';
import { createBoards } from '../../adapters/memory/ranked-set/boards.ts';
import { seeded } from './seeded.ts';

describe('the queue of what expires', () => {
  it('gives items in the order of their instants and forgets removed ones at once', () => {
    const random = seeded(3);
    const slots = new Map<number, number>();
    const heap = createExpiryHeap<number>((item, slot) => slots.set(item, slot));
    const instants = new Map<number, number>();
    for (let act = 0; act < 20_000; act++) {
      const item = random.below(500);
      if (instants.has(item)) {
        heap.remove(slots.get(item) as number);
        instants.delete(item);
      } else {
        instants.set(item, random.below(1000));
        heap.add(item, instants.get(item) as number);
      }
    }
    expect(heap.size).toBe(instants.size);
    const taken: number[] = [];
    for (let item = heap.takeExpired(700); item !== undefined; item = heap.takeExpired(700)) taken.push(instants.get(item) as number);
    expect(taken).toEqual([...instants.values()].filter((at) => at <= 700).sort((a, b) => a - b));
    expect(heap.nextMs).toBe(Math.min(...[...instants.values()].filter((at) => at > 700)));
  });

  it('ends a board at its instant, moves the end with the board, and sweeps what nobody asks for', () => {
    let now = 1000;
    const boards = createBoards(() => now);
    const score = (name: string) => boards.ensure(name).apply([{ op: 'set', member: 'm', score: 1, tie: 0 }], undefined);
    score('shadow');
    score('other');
    boards.expire('shadow', 2000);
    boards.expire('other', 1500);
    boards.expire('other', 3000);
    expect(boards.replace('live', 'shadow')).toBe(true);
    expect(boards.replace('live', 'shadow')).toBe(false);
    now = 1999;
    boards.sweep(10);
    expect(boards.find('live')?.size).toBe(1);
    now = 2000;
    expect(boards.find('live')).toBeUndefined();
    expect(boards.drop('live')).toBe(false);
    now = 3000;
    boards.sweep(10);
    expect(boards.replace('live', 'other')).toBe(false);
    score('other');
    expect(boards.find('other')?.size).toBe(1);
  });
});
