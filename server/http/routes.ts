export interface RouteEntry<Target> {
  readonly method: string;
  /** `/v1/scores/{user_id}`. */
  readonly path: string;
  readonly target: Target;
}

export type RouteMatch<Target> =
  | { readonly kind: 'found'; readonly target: Target; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'wrong-method'; readonly allow: readonly string[] }
  | { readonly kind: 'bad-escape' };

/** Paths with parameters; a literal segment wins over a parameter. Throws on two routes that nothing tells apart. */
export function createRoutes<Target>(
  entries: readonly RouteEntry<Target>[],
): (method: string, path: string) => RouteMatch<Target> | undefined {
  const routes = entries.map((entry) => ({ ...entry, segments: entry.path.split('/') })).toSorted(byParameters);
  const shapes = new Set<string>();
  for (const { method, path } of entries) {
    const shape = `${method} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`;
    if (shapes.has(shape)) throw new Error(`two routes answer ${method} ${path}`);
    shapes.add(shape);
  }
  return (method, path) => {
    const given = path.split('/');
    const matching = routes.filter(({ segments }) => fits(segments, given));
    const found = matching.find((route) => route.method === method);
    if (found === undefined) {
      return matching.length === 0 ? undefined : { kind: 'wrong-method', allow: [...new Set(matching.map((route) => route.method))] };
    }
    const params = paramsOf(found.segments, given);
    return params === undefined ? { kind: 'bad-escape' } : { kind: 'found', target: found.target, params };
  };
}

const isParameter = (segment: string): boolean => segment.startsWith('{') && segment.endsWith('}');

const byParameters = (a: { segments: readonly string[] }, b: { segments: readonly string[] }): number =>
  a.segments.filter(isParameter).length - b.segments.filter(isParameter).length;

const fits = (segments: readonly string[], given: readonly string[]): boolean =>
  segments.length === given.length &&
  segments.every((segment, index) => (isParameter(segment) ? given[index] !== '' : segment === given[index]));

function paramsOf(segments: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    if (!isParameter(segment)) continue;
    try {
      params[segment.slice(1, -1)] = decodeURIComponent(given[index] ?? '');
    } catch {
      return undefined;
    }
  }
  return params;
}
