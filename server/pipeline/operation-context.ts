import type { Viewer } from '../../plugins/kernel/index.ts';
import type { Context } from '../../schema/context.ts';
import type { Caller } from './types.ts';

/** The context of one execution. Its loaders and its signal come into being when somebody asks for them: most operations never do. */
export class OperationContext implements Context {
  readonly viewer: Viewer;
  readonly requestId: string;
  readonly #caller: Caller;
  #loaders: Map<object, unknown> | undefined;
  #own: AbortController | undefined;
  #isAbortedWith: unknown;

  constructor(caller: Caller) {
    this.viewer = caller.viewer;
    this.requestId = caller.requestId;
    this.#caller = caller;
  }

  get loaders(): Map<object, unknown> {
    return (this.#loaders ??= new Map());
  }

  /** The caller's signal and the operation's deadline in one. */
  get signal(): AbortSignal {
    if (this.#own !== undefined) return this.#own.signal;
    this.#own = new AbortController();
    if (this.#isAbortedWith !== undefined) this.#own.abort(this.#isAbortedWith);
    else if (this.#caller.signal.aborted) this.#own.abort(this.#caller.signal.reason);
    else this.#caller.signal.addEventListener('abort', this.#onCallerAbort, { once: true });
    return this.#own.signal;
  }

  /** Ends the execution: whoever still holds the signal hears of it. */
  abort(reason: unknown): void {
    this.#isAbortedWith = reason;
    this.#own?.abort(reason);
    this.release();
  }

  /** Lets go of the caller, whose socket may live much longer. */
  release(): void {
    if (this.#own !== undefined) this.#caller.signal.removeEventListener('abort', this.#onCallerAbort);
  }

  readonly #onCallerAbort = (): void => this.#own?.abort(this.#caller.signal.reason);
}

/** The context of one delivered event: many in the life of one caller, so it takes the caller's signal as it is and adds no listener. */
export class DeliveryContext implements Context {
  readonly viewer: Viewer;
  readonly requestId: string;
  readonly #caller: Caller;
  #loaders: Map<object, unknown> | undefined;

  constructor(caller: Caller) {
    this.viewer = caller.viewer;
    this.requestId = caller.requestId;
    this.#caller = caller;
  }

  get loaders(): Map<object, unknown> {
    return (this.#loaders ??= new Map());
  }

  get signal(): AbortSignal {
    return this.#caller.signal;
  }
}
