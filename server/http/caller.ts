import type { Socket } from 'node:net';
import type { Viewer } from '../../plugins/kernel/index.ts';
import type { Caller } from '../pipeline/types.ts';

/** Who sent one HTTP request. Its signal comes into being when somebody asks for it, and only then is the socket listened to. */
export class HttpCaller implements Caller {
  readonly viewer: Viewer;
  readonly ip: string;
  readonly requestId: string;
  readonly #socket: Socket;
  #controller: AbortController | undefined;

  constructor(viewer: Viewer, ip: string, requestId: string, socket: Socket) {
    this.viewer = viewer;
    this.ip = ip;
    this.requestId = requestId;
    this.#socket = socket;
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#socket.destroyed) this.#controller.abort(GONE);
    else this.#socket.once('close', this.#onGone);
    return this.#controller.signal;
  }

  /** The answer has left: the socket is none of this request's business any more. */
  release(): void {
    if (this.#controller !== undefined) this.#socket.off('close', this.#onGone);
  }

  /** The client left before the answer was whole: aborts the signal if anybody holds it. */
  leave(): void {
    this.release();
    this.#onGone();
  }

  readonly #onGone = (): void => this.#controller?.abort(GONE);
}

const GONE = new DOMException('the client went away', 'AbortError');
