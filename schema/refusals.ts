import type { Refusal, RefusalKind } from '../plugins/kernel/index.ts';
import type { Builder } from './builder.ts';

const NAMES = {
  'invalid-argument': { name: 'InvalidArgument', description: 'A value that can never be right.' },
  'not-found': { name: 'NotFound', description: 'There is no such thing.' },
  conflict: { name: 'Conflict', description: 'It clashes with what is there already.' },
  forbidden: { name: 'Forbidden', description: 'This viewer may not.' },
  closed: { name: 'Closed', description: 'It was possible once and is no more.' },
} satisfies Record<RefusalKind, { name: string; description: string }>;

/** The GraphQL types of the kernel's refusals: one object type a kind, under the interface `Refusal { field message }`. */
export function refusalTypes(builder: Builder) {
  const Interface = builder.interfaceRef<Refusal>('Refusal').implement({
    description: 'An expected no. `field` names the argument, as it was written.',
    fields: (t) => ({ field: t.exposeString('field'), message: t.exposeString('message') }),
  });
  const make = (kind: RefusalKind) =>
    builder.objectRef<Refusal>(NAMES[kind].name).implement({
      description: NAMES[kind].description,
      interfaces: [Interface],
      isTypeOf: (value) => typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind,
    });
  return {
    InvalidArgument: make('invalid-argument'),
    NotFound: make('not-found'),
    Conflict: make('conflict'),
    Forbidden: make('forbidden'),
    Closed: make('closed'),
  };
}

export type RefusalTypes = ReturnType<typeof refusalTypes>;

/** GraphQL type name of a refusal kind, for a union's `resolveType`. */
export const refusalTypeName = (kind: RefusalKind): string => NAMES[kind].name;
