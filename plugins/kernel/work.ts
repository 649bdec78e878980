/** Background work that the server starts after the services, shows in /health and /metrics, and stops before the ports close. */
export interface Work {
  readonly name: string;
  /** Runs until the signal aborts. A rejection is a fault: the server logs it once and starts the work again with a growing pause. */
  run(signal: AbortSignal): Promise<void>;
  status(): WorkStatus;
}

export interface WorkStatus {
  readonly state: 'starting' | 'running' | 'standby' | 'failing' | 'stopped';
  /** Records between the newest known and the newest handled. */
  readonly lag?: number;
  readonly detail?: string;
}
