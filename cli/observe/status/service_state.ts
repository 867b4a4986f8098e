/**
 * How the service itself stands: what the status page says beside what happened.
 *
 * @module
 */

/** A filter in a chain. */
export interface ChainLink {
  readonly name: string;
  /** Whether its verdicts are only logged. */
  readonly dryRun: boolean;
}

/** Addresses and the filters behind them. */
export interface ListenerState {
  readonly addresses: readonly string[];
  /** In the order in which they are asked. */
  readonly filters: readonly ChainLink[];
}

/** How the workers stand; what is counted is since the start. */
export interface WorkersState {
  readonly wanted: number;
  readonly ready: number;
  /** How often one was started in place of one that died. */
  readonly restarts: number;
  /** Connections that were lost with those that died. */
  readonly lost: number;
  /** Connections that were closed since no worker took them. */
  readonly turnedAway: number;
  /** Connections that the system did not let this process take. */
  readonly acceptFailures: number;
}

/** The last time that a new version was to be taken. */
export interface ReloadState {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** Why the version before goes on; undefined where the new one was taken. */
  readonly failure: string | undefined;
}

/** How the service stands now. */
export interface ServiceState {
  readonly version: string;
  /** When it was started, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly phase: "starting" | "running" | "stopping";
  /** Connections that are open. */
  readonly connections: number;
  /** Processes that serve; undefined where this one does. */
  readonly workers: WorkersState | undefined;
  readonly listeners: readonly ListenerState[];
  /** Undefined where there was none yet. */
  readonly reload: ReloadState | undefined;
}
