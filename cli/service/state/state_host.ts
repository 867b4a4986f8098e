/**
 * Decides where the state of a service is, and runs its keeper: there is one in the process that starts all others, or that
 * serves alone.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { StateInfo } from "../../../lib/store/backend.ts";
import { KeeperClient } from "../../../lib/store/keeper/client.ts";
import { keeperPath } from "../../../lib/store/keeper/path.ts";
import { formatStateAddress, type StateAddress } from "../../../lib/store/state_address.ts";
import type { StateSettings } from "../../options/state_options.ts";
import { KeeperProcess } from "./keeper_process.ts";
import type { OutageMessage } from "../workers/worker_protocol.ts";
import { outageLog } from "./outage_log.ts";
import type { StateLocation, StatePlace } from "./place.ts";
import { ServiceOutages } from "./service_outages.ts";

/** The name of the file in the state directory of a service. */
const FILE_NAME = "state.db";

/** The state of a service. */
export class StateHost {
  readonly #isAlone: boolean;
  #place: Promise<StatePlace> | undefined;
  #keeper: KeeperProcess | undefined;
  #client: KeeperClient | undefined;
  /** The folder of the keeper's socket, if it is ours. */
  #folder: string | undefined;
  #outages: ServiceOutages | undefined;
  #isClosed = false;

  /** @param isAlone whether this process serves itself, so that memory needs no keeper */
  constructor(isAlone: boolean) {
    this.#isAlone = isAlone;
  }

  /**
   * Decides where the state is, at the first call; later ones get the same answer, since a change takes effect on restart.
   *
   * @param settings the settings
   * @throws {StateFileError} if the file cannot be used
   */
  async settle(settings: StateSettings): Promise<StatePlace> {
    const place = this.#place ??= this.#settle(settings);
    try {
      return await place;
    } catch (error) {
      // A reload may do better.
      if (this.#place === place) this.#place = undefined;
      throw error;
    }
  }

  /** Takes what a worker tells of the state that does not answer, and logs it once for all. */
  outage(worker: object, { address, onError, report }: OutageMessage): void {
    this.#outages ??= new ServiceOutages(outageLog(address, onError));
    this.#outages.heard(worker, report);
  }

  /** Takes the end of a worker. */
  workerEnded(worker: object): void {
    this.#outages?.ended(worker);
  }

  /** Measures what the keeper has; undefined if there is none, or it does not answer. */
  async info(): Promise<StateInfo | undefined> {
    if (!this.#keeper?.isReady) return undefined;
    return await this.#client?.info().catch(() => undefined);
  }

  /** Ends the keeper: after everybody who may ask it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#place?.catch(() => {});
    await this.#client?.close();
    await this.#keeper?.close();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  async #settle(
    { address = defaultAddress(), onError, timeout, secret }: StateSettings,
  ): Promise<StatePlace> {
    if (this.#isClosed) throw new Error("the service is stopping");
    return { location: await this.#locate(address), onError, timeout, secret };
  }

  async #locate(address: StateAddress): Promise<StateLocation> {
    if (address.kind === "valkey") return { kind: "server", address };
    if (address.kind === "memory" && this.#isAlone) return { kind: "here" };
    const file = address.kind === "file" ? address.path : undefined;
    const socket = file === undefined ? join(this.#ownFolder(), "state.socket") : keeperPath(file);
    this.#keeper = await KeeperProcess.start({ file, socket });
    this.#client = new KeeperClient(socket, formatStateAddress(address));
    return { kind: "keeper", socket, address };
  }

  #ownFolder(): string {
    const { RUNTIME_DIRECTORY: given } = process.env;
    const [above] = given?.split(":") ?? [];
    return this.#folder = mkdtempSync(join(above || tmpdir(), "milterkit-state-"));
  }
}

/** A file in the state directory that the service manager gives, or memory. */
export function defaultAddress(environment: Record<string, string | undefined> = process.env): StateAddress {
  const [directory] = environment.STATE_DIRECTORY?.split(":") ?? [];
  return directory ? { kind: "file", path: join(directory, FILE_NAME) } : { kind: "memory" };
}
