import { createExpiryHeap } from '../expiry-heap.ts';
import type { Sweepable } from '../spaces.ts';
import { Board } from './board.ts';

/** The boards of one namespace by name. An expired board is absent from its instant on, and forgotten when touched or swept. */
export interface Boards extends Sweepable {
  find(name: string): Board | undefined;
  /** The board, made when it is not there. */
  ensure(name: string): Board;
  /** False when there is no `from`. What stood under the name is forgotten; expiry moves with the board. */
  replace(name: string, from: string): boolean;
  drop(name: string): boolean;
  expire(name: string, atMs: number): void;
}

export function createBoards(now: () => number): Boards {
  const boards = new Map<string, Board>();
  /** Names under which expiring boards stand now. */
  const names = new Map<Board, string>();
  const expiring = createExpiryHeap<Board>((board, slot) => {
    board.expirySlot = slot;
  });

  const forget = (name: string, board: Board) => {
    if (board.expirySlot > 0) expiring.remove(board.expirySlot);
    names.delete(board);
    boards.delete(name);
  };
  const find = (name: string): Board | undefined => {
    const board = boards.get(name);
    if (board === undefined || board.expirySlot === 0 || expiring.atMs(board.expirySlot) > now()) return board;
    forget(name, board);
    return undefined;
  };
  const drop = (name: string): boolean => {
    const board = find(name);
    if (board !== undefined) forget(name, board);
    return board !== undefined;
  };

  return {
    find,
    ensure(name) {
      const board = find(name) ?? new Board();
      boards.set(name, board);
      return board;
    },
    replace(name, from) {
      const board = find(from);
      if (board === undefined) return false;
      if (name === from) return true;
      drop(name);
      boards.delete(from);
      boards.set(name, board);
      if (names.has(board)) names.set(board, name);
      return true;
    },
    drop,
    expire(name, atMs) {
      const board = find(name);
      if (board === undefined) return;
      if (board.expirySlot > 0) expiring.remove(board.expirySlot);
      names.set(board, name);
      expiring.add(board, atMs);
    },
    sweep(max) {
      for (let swept = 0; swept < max; swept++) {
        const board = expiring.takeExpired(now());
        if (board === undefined) return;
        const name = names.get(board);
        if (name !== undefined) forget(name, board);
      }
    },
  };
}
