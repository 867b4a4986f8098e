/**
 * All that is known of a running `serve`, and the server that tells it.
 *
 * @module
 */

import process from "node:process";
import { type Address, AddressError, formatAddress } from "../../lib/net/address.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import type { ListenerConfig } from "../config/listener_config.ts";
import type { History } from "./status/history.ts";
import type { HttpRoute } from "./http_route.ts";
import type { HttpServer } from "./http_server.ts";
import type { Readiness } from "./health.ts";
import type { MonitoredService, ReloadCounts } from "./monitored_service.ts";
import { ProcessRecorder } from "./process_recorder.ts";
import type { ProcessReport } from "./process_report.ts";
import { MAIN_PROCESS, Totals, workerName } from "./totals.ts";

/** How often what this process counts is added up, in milliseconds. */
const TICK = 1000;
/** How long workers may take to tell what came to pass, in milliseconds; who asks gets older figures then. */
const COLLECT_LIMIT = 500;

/** What is known of a running `serve`. Nothing is counted while nobody can ask. */
export class ServiceMonitor {
  /** Everything that was told so far. */
  readonly totals: Totals = new Totals();
  /** When this process was started, in milliseconds since 1970. */
  readonly startedAt: number = Date.now();
  /** What is served now. */
  listeners: readonly ListenerConfig[] = [];
  /** New versions; undefined where none can be taken. */
  reloads: ReloadCounts | undefined;
  #service: MonitoredService | undefined;
  #ending = false;
  #recorder: ProcessRecorder | undefined;
  #http: { readonly address: string; readonly server: HttpServer } | undefined;
  #history: History | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;
  #collecting: Promise<void> | undefined;
  #collectingNext: Promise<void> | undefined;

  /**
   * Listens for whoever asks.
   *
   * @param address where; undefined for nowhere
   * @param listeners what this process serves itself
   * @throws {AddressError} for an address that cannot be listened on
   */
  static async start(
    address: Address | undefined,
    listeners: readonly ListenerConfig[],
  ): Promise<ServiceMonitor> {
    const monitor = new ServiceMonitor();
    if (address) {
      monitor.#http = await monitor.#listen(address);
      monitor.#count(listeners);
    }
    return monitor;
  }

  /** What is observed, once it is there. */
  watch(service: MonitoredService): void {
    this.#service = service;
  }

  /** Whether mail is taken. */
  get readiness(): Readiness {
    if (this.#ending) return "stopping";
    return this.#service?.readiness ?? "starting";
  }

  /** Whether it does what it is there for, or can get to it without a restart. */
  get alive(): boolean {
    return this.#service?.alive ?? true;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#service?.connections ?? 0;
  }

  /** The workers; undefined where there are none. */
  get workers(): MonitoredService["workers"] {
    return this.#service?.workers;
  }

  /** Says that the end has begun, be it before the start is over. */
  ending(): void {
    this.#ending = true;
  }

  /** Counts what the server in this process tells. */
  record(event: ServerEvent): void {
    this.#recorder?.record(event);
  }

  /** A worker has ended. */
  ended(worker: unknown): void {
    this.totals.ended(worker);
  }

  /** Adds what a worker told. */
  reported(number: number, worker: unknown, report: ProcessReport): void {
    this.totals.add(workerName(number), worker, report);
  }

  /**
   * Brings {@linkcode totals} to what is so now, as far as workers answer in time. Who asks meanwhile waits for the next
   * time, as others do that come then: workers may have answered already, before what he wants to see.
   */
  collect(): Promise<void> {
    if (!this.#collecting) {
      return this.#collecting = this.#collect().finally(() => this.#collecting = undefined);
    }
    return this.#collectingNext ??= this.#collecting.then(() => {
      this.#collectingNext = undefined;
      return this.collect();
    });
  }

  /**
   * Has a change happen that another address belongs to: that is listened on before, and the one before is left after.
   * Where the change fails, all stays.
   *
   * @param address where to listen from then on; undefined for nowhere
   * @param change what is to happen
   * @throws {AddressError} for an address that cannot be listened on; then nothing has happened
   */
  async during<T>(address: Address | undefined, change: () => Promise<T>): Promise<T> {
    const before = this.#http;
    if (before?.address === (address && formatAddress(address))) return await change();
    const next = address && await this.#listen(address);
    let result: T;
    try {
      result = await change();
    } catch (error) {
      await next?.server.close();
      throw error;
    }
    this.#http = next;
    if (next) this.#count([]);
    else this.#countNoMore();
    await before?.server.close();
    return result;
  }

  /** Listens no more. */
  async close(): Promise<void> {
    this.#countNoMore();
    await this.#http?.server.close();
  }

  async #listen(address: Address): Promise<{ address: string; server: HttpServer }> {
    // Loaded only where it is wanted.
    const { HttpServer } = await import("./http_server.ts");
    const routes = await this.#routes();
    try {
      return { address: formatAddress(address), server: await HttpServer.listen(address, routes) };
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      throw new AddressError(error.code, error.value, `--metrics: ${error.message}`, { cause: error });
    }
  }

  async #routes(): Promise<readonly HttpRoute[]> {
    const [{ healthRoutes }, { metricsRoute }, { statusRoutes }, { History }] = await Promise.all([
      import("./health.ts"),
      import("./metrics_route.ts"),
      import("./status/status_routes.ts"),
      import("./status/history.ts"),
    ]);
    const history = this.#history ??= this.#remember(new History());
    return [
      ...statusRoutes(history, this),
      metricsRoute(this),
      ...healthRoutes(() => this.readiness, () => this.alive),
    ];
  }

  #remember(history: History): History {
    this.totals.listen((delta) => history.add(delta));
    return history;
  }

  #count(listeners: readonly ListenerConfig[]): void {
    this.#recorder ??= new ProcessRecorder(listeners);
    this.#tick ??= setInterval(() => this.#takeOwn(false), TICK);
    this.#tick.unref();
  }

  #countNoMore(): void {
    clearInterval(this.#tick);
    this.#tick = undefined;
    this.#recorder?.close();
    this.#recorder = undefined;
  }

  async #collect(): Promise<void> {
    await this.#service?.collect?.(COLLECT_LIMIT);
    this.#takeOwn(true);
  }

  #takeOwn(withFigures: boolean): void {
    if (this.#recorder) this.totals.add(MAIN_PROCESS, process, this.#recorder.take(withFigures));
  }
}
