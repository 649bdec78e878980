import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../../plugins/kernel/index.ts';

describe('cursors', () => {
  it('give back what they were made of', () => {
    expect(decodeCursor('top:a', 'nsn', encodeCursor('top:a', [1, 'é', 2 ** 53 - 1]))).toEqual([1, 'é', 2 ** 53 - 1]);
    expect(decodeCursor('log', 'n*', encodeCursor('log', [1, 2, 3]))).toEqual([1, 2, 3]);
  });

  it.each([
    ['of another list', encodeCursor('top:b', [1])],
    ['with other parts', encodeCursor('top:a', ['x'])],
    ['with too many parts', encodeCursor('top:a', [1, 2])],
    ['cut short', encodeCursor('top:a', [1]).slice(0, -4)],
    ['made of nothing', ''],
    ['made of noise', '%%%'],
  ])('are refused when %s', (_what, cursor) => {
    expect(decodeCursor('top:a', 'n', cursor)).toBeNull();
  });
});
