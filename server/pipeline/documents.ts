import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, parse } from 'graphql';
import type { Limits } from '../limits.ts';
import { reject } from './errors.ts';
import { createPlan, type Plan } from './plan.ts';
import { RecentMap } from './recent.ts';
import type { Rejected } from './types.ts';
import { documentErrors, type ValidationSettings } from './validate.ts';

export type Found = { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly rejected: Rejected };

export interface Documents {
  /** Parsed, validated and measured once a text; the answer for a known text costs one map lookup. */
  find(text: string, operationName: string | null | undefined): Found;
}

/** Texts longer than this are served but not kept. */
const KEPT_TEXT_MAX = 64 * 1024;
/** Characters of kept texts, all together. */
const KEPT_TEXTS_MAX = 16 * 1024 * 1024;

export function createDocuments(schema: GraphQLSchema, limits: Limits, settings: ValidationSettings): Documents {
  const known = new RecentMap<Known>(limits.documents, KEPT_TEXTS_MAX);
  const read = (text: string): Known => {
    const document = parseDocument(text, limits.tokens);
    if (!('kind' in document)) return { rejected: document, plans: new Map() };
    const errors = documentErrors(schema, document, settings);
    if (errors.length > 0) return { rejected: { status: 400, errors }, plans: new Map() };
    return { rejected: undefined, plans: plansOf(schema, document, limits, settings.hideSuggestions) };
  };
  return {
    find(text, operationName) {
      let entry = known.get(text);
      if (entry === undefined) {
        entry = read(text);
        if (text.length <= KEPT_TEXT_MAX) known.put(text, entry, text.length);
      }
      if (entry.rejected !== undefined) return { ok: false, rejected: entry.rejected };
      return choose(entry.plans, operationName);
    },
  };
}

interface Known {
  readonly rejected: Rejected | undefined;
  readonly plans: ReadonlyMap<string, Found>;
}

/** A document without fragments and operations is a syntax error, so there is one plan at least or only fragments. */
function choose(plans: ReadonlyMap<string, Found>, operationName: string | null | undefined): Found {
  if (operationName !== undefined && operationName !== null && operationName !== '') {
    return (
      plans.get(operationName) ?? {
        ok: false,
        rejected: reject(400, 'BAD_REQUEST', `The document has no operation named "${operationName.slice(0, 100)}".`, {
          field: 'operationName',
        }),
      }
    );
  }
  const [only] = plans.values();
  if (plans.size === 1 && only !== undefined) return only;
  const words = plans.size === 0 ? 'The document has no operation.' : 'The document has several operations: name one in `operationName`.';
  return { ok: false, rejected: reject(400, 'BAD_REQUEST', words, { field: 'operationName' }) };
}

function parseDocument(text: string, tokensMax: number): DocumentNode | Rejected {
  try {
    return parse(text, { maxTokens: tokensMax });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (error.message.includes('Document contains more that')) {
      return reject(400, 'LIMIT_EXCEEDED', `The document has more than ${tokensMax} tokens.`, { limit: 'tokens', max: tokensMax });
    }
    const message = error.message.slice(0, 300);
    return {
      status: 400,
      errors: [{ message, ...(error.locations && { locations: error.locations }), extensions: { code: 'GRAPHQL_PARSE_FAILED' } }],
    };
  }
}

function plansOf(schema: GraphQLSchema, document: DocumentNode, limits: Limits, hideSuggestions: boolean): ReadonlyMap<string, Found> {
  const plans = new Map<string, Found>();
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const plan = createPlan(schema, document, node, hideSuggestions);
    const rejected = overLimit(plan, limits);
    plans.set(node.name?.value ?? '', rejected === undefined ? { ok: true, plan } : { ok: false, rejected });
  }
  return plans;
}

/** The limits that do not hang on variables. */
function overLimit(plan: Plan, limits: Limits): Rejected | undefined {
  const { depth, aliases, cost, pages } = plan.measure;
  if (depth > limits.depth) return limitExceeded('depth', depth, limits.depth);
  if (aliases > limits.aliases) return limitExceeded('aliases', aliases, limits.aliases);
  for (const page of pages) if (page.size > limits.pageSize) return pageTooLarge(page.argument, page.size, limits.pageSize);
  return typeof cost === 'number' && cost > limits.cost ? limitExceeded('cost', cost, limits.cost) : undefined;
}

const LIMIT_WORDS = {
  depth: 'The operation nests fields too deeply',
  aliases: 'The operation has too many aliases',
  cost: 'The operation costs too much',
} as const;

export const limitExceeded = (limit: keyof typeof LIMIT_WORDS, actual: number, max: number): Rejected => {
  const said = Number.isFinite(actual) ? actual : 'far more than that';
  return reject(400, 'LIMIT_EXCEEDED', `${LIMIT_WORDS[limit]}: ${said}, where ${max} is the limit.`, {
    limit,
    max,
    ...(Number.isFinite(actual) && { actual }),
  });
};

export const pageTooLarge = (field: string, actual: number, max: number): Rejected =>
  reject(400, 'BAD_USER_INPUT', `"${field}" asks for ${actual} at once, where ${max} is the limit.`, { field, limit: 'pageSize', max });
