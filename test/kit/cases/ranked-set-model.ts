import type { Change, Checkpoint, Ranked } from '../../../ports/index.ts';

/** A board as a plain map, sorted anew for every question. Slow and obviously right. */
export class BoardModel {
  readonly #members = new Map<string, { readonly score: number; readonly tie: number }>();
  readonly #checkpoints = new Map<string, number>();

  apply(changes: readonly Change[], checkpoint?: Checkpoint): number {
    const reached = checkpoint === undefined ? 0 : this.checkpoint(checkpoint.source);
    let applied = 0;
    for (const change of changes) {
      if (checkpoint !== undefined && (change.position ?? checkpoint.position) <= reached) continue;
      applied += 1;
      this.#change(change);
    }
    if (checkpoint !== undefined) this.#checkpoints.set(checkpoint.source, Math.max(reached, checkpoint.position));
    return applied;
  }

  checkpoint(source: string): number {
    return this.#checkpoints.get(source) ?? 0;
  }

  get size(): number {
    return this.#members.size;
  }

  ranked(): Ranked[] {
    const entries = [...this.#members].map(([member, standing]) => ({ member, ...standing }));
    entries.sort((a, b) => b.score - a.score || a.tie - b.tie || byBytes(a.member, b.member));
    return entries.map((entry, rank) => ({ ...entry, rank, above: entries.findIndex(({ score }) => score === entry.score) }));
  }

  #change(change: Change): void {
    if (change.op === 'remove') {
      this.#members.delete(change.member);
      return;
    }
    const old = this.#members.get(change.member);
    const score = scoreAfter(change, old?.score);
    if (old === undefined || score !== old.score) this.#members.set(change.member, { score, tie: change.tie });
  }
}

export const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function scoreAfter(change: Exclude<Change, { op: 'remove' }>, old: number | undefined): number {
  switch (change.op) {
    case 'set':
      return change.score;
    case 'add':
      return (old ?? 0) + change.score;
    case 'max':
      return old === undefined ? change.score : Math.max(old, change.score);
    case 'min':
      return old === undefined ? change.score : Math.min(old, change.score);
    default:
      return change.op satisfies never;
  }
}
