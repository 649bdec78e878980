/** Who asks. A `user` acts for itself; a `service` is a server credential (API key or client-credentials token). */
export interface Viewer {
  readonly kind: 'anonymous' | 'user' | 'service';
  /** Empty for anonymous. */
  readonly id: string;
  readonly scopes: ReadonlySet<string>;
  /** Null: does not expire. */
  readonly expiresAtMs: number | null;
}

export const ANONYMOUS: Viewer = { kind: 'anonymous', id: '', scopes: new Set(), expiresAtMs: null };
