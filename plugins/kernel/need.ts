import type { ApiOf, CapsOf, Port } from '../../ports/index.ts';

/** What a plugin asks for: a port, and what the bound adapter must claim about it. */
export interface Need<P extends Port = Port, Optional extends boolean = boolean> {
  readonly port: P;
  readonly optional: Optional;
  /** The unmet requirements in words; empty when the capabilities do. */
  readonly unmet: (caps: CapsOf<P>) => readonly string[];
}

export type Needs = Readonly<Record<string, Need>>;
export type Requirements<P extends Port> = Readonly<Record<string, (caps: CapsOf<P>) => boolean>>;

/** A port opened for this plugin, with what its adapter claims. */
export interface Opened<P extends Port> {
  readonly api: ApiOf<P>;
  readonly caps: CapsOf<P>;
}

export type PortsFor<N extends Needs> = {
  readonly [K in keyof N]: N[K] extends Need<infer P, infer Optional> ? (Optional extends true ? Opened<P> | undefined : Opened<P>) : never;
};

/** `need(RankedSet, { 'kept on disk': (c) => c.durable === 'disk' })`: the words are what an operator reads when it is not met. */
export function need<P extends Port>(port: P, requirements: Requirements<P> = {}): Need<P, false> {
  return { port, optional: false, unmet: unmetBy(requirements) };
}

export function optional<P extends Port>(port: P, requirements: Requirements<P> = {}): Need<P, true> {
  return { port, optional: true, unmet: unmetBy(requirements) };
}

const unmetBy =
  <P extends Port>(requirements: Requirements<P>) =>
  (caps: CapsOf<P>): readonly string[] =>
    Object.entries(requirements)
      .filter(([, isMet]) => !isMet(caps))
      .map(([words]) => words);
