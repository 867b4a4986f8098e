/**
 * Collects the state of a running `serve`, and starts the HTTP server that shows it.
 *
 * @module
 */

import process from "node:process";
import { type Address, AddressError, formatAddress } from "../../lib/net/address.ts";
import type { StateInfo } from "../../lib/store/backend.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import type { ListenerSummary } from "../config/setup_summary.ts";
import type { History } from "./status/history.ts";
import type { HttpRoute } from "./http_route.ts";
import type { HttpServer } from "./http_server.ts";
import type { Readiness } from "./health.ts";
import type { MonitoredService, ReloadCounts } from "./monitored_service.ts";
import { MailLog } from "./mail_log/mail_log.ts";
import { ProcessRecorder, type Recorded } from "./process_recorder.ts";
import type { ProcessReport } from "./process_report.ts";
import { MAIN_PROCESS, Totals, workerName } from "./totals.ts";

/** The interval at which the counts of this process are added to the totals, in milliseconds. */
const TICK = 1000;
/** How long workers may take to report, in milliseconds; after that, a request gets older figures. */
const COLLECT_LIMIT = 500;

/** The state of a running `serve`. Counts nothing while there is no address to show it at. */
export class ServiceMonitor {
  /** The totals of all reports. */
  readonly totals: Totals = new Totals();
  /** The last messages. Reloads keep them, even one that moves the HTTP server. */
  readonly mailLog: MailLog;
  /** The start time of this process, in milliseconds since 1970. */
  readonly startedAt: number = Date.now();
  /** The listeners being served. */
  listeners: readonly ListenerSummary[] = [];
  /** Counts of reloads; undefined if reloads are impossible. */
  reloads: ReloadCounts | undefined;
  /** What is known about the state of filters, as of the last update. */
  state: StateInfo | undefined;
  /** Measures it. */
  measureState: (() => Promise<StateInfo | undefined>) | undefined;
  #service: MonitoredService | undefined;
  #ending = false;
  #recorder: ProcessRecorder | undefined;
  #http: { readonly address: string; readonly server: HttpServer } | undefined;
  #history: History | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;
  #collecting: Promise<void> | undefined;
  #collectingNext: Promise<void> | undefined;

  /**
   * Starts the HTTP server.
   *
   * @param address where it listens; undefined for no server
   * @param recorded what this process records itself
   * @throws {AddressError} for an address that cannot be listened on
   */
  static async start(address: Address | undefined, recorded: Recorded): Promise<ServiceMonitor> {
    const monitor = new ServiceMonitor(address ? recorded.messages : 0);
    if (address) {
      monitor.#http = await monitor.#listen(address);
      monitor.#count(recorded);
    }
    return monitor;
  }

  /** @param messages the most messages that {@linkcode mailLog} keeps */
  constructor(messages: number = 0) {
    this.mailLog = new MailLog(messages);
  }

  /** Sets the service to observe, once it runs. */
  watch(service: MonitoredService): void {
    this.#service = service;
  }

  /** Whether the service accepts mail. */
  get readiness(): Readiness {
    if (this.#ending) return "stopping";
    return this.#service?.readiness ?? "starting";
  }

  /** Whether the service works, or can recover without a restart. */
  get alive(): boolean {
    return this.#service?.alive ?? true;
  }

  /** The number of open connections. */
  get connections(): number {
    return this.#service?.connections ?? 0;
  }

  /** Counts of workers; undefined without workers. */
  get workers(): MonitoredService["workers"] {
    return this.#service?.workers;
  }

  /** Notes that a stop has begun, even before the start is complete. */
  ending(): void {
    this.#ending = true;
  }

  /** Counts an event of a server in this process; see {@linkcode ProcessRecorder}. */
  record(event: ServerEvent, log: () => void = () => {}, listener = 0): void {
    if (this.#recorder) this.#recorder.record(event, log, listener);
    else log();
  }

  /** Notes that a worker has ended. */
  ended(worker: unknown): void {
    this.totals.ended(worker);
  }

  /** Adds the report of a worker. */
  reported(number: number, worker: unknown, report: ProcessReport): void {
    this.#add(workerName(number), worker, report);
  }

  /**
   * Updates {@linkcode totals}, as far as workers answer in time. A call during an update waits for the next one, which
   * serves all such calls: in the current one, workers may already have answered before the events that the caller wants
   * to see.
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

  /** Forgets whom mail was from and for, also what workers have not reported yet; the figures stay. */
  async forgetNames(): Promise<void> {
    await this.collect();
    this.mailLog.forget();
    this.#history?.forgetNames();
    this.totals.limits.forget();
  }

  /**
   * Makes a change together with a move to another address: listens on the new address before the change, and leaves the
   * old one after it. If the change fails, keeps the old address.
   *
   * @param address where to listen from then on; undefined for no server
   * @param change the change
   * @throws {AddressError} for an address that cannot be listened on; the change is not made then
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
    // Only a parent process changes its address; workers record mail.
    if (next) this.#count({ listeners: [], messages: Infinity });
    else this.#countNoMore();
    await before?.server.close();
    return result;
  }

  /** Stops counting and closes the HTTP server. */
  async close(): Promise<void> {
    this.#countNoMore();
    await this.#http?.server.close();
  }

  async #listen(address: Address): Promise<{ address: string; server: HttpServer }> {
    // Import the server only if it is needed, for a faster start without it.
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
    const [{ healthRoutes }, { mailLogRoutes }, { metricsRoute }, { statusRoutes }, { History }] =
      await Promise
        .all([
          import("./health.ts"),
          import("./mail_log/routes.ts"),
          import("./metrics_route.ts"),
          import("./status/status_routes.ts"),
          import("./status/history.ts"),
        ]);
    const history = this.#history ??= this.#remember(new History());
    return [
      ...statusRoutes(history, this.mailLog, this),
      ...mailLogRoutes(this.mailLog, () => this.collect()),
      metricsRoute(this),
      ...healthRoutes(() => this.readiness, () => this.alive),
    ];
  }

  #remember(history: History): History {
    this.totals.listen((delta) => history.add(delta));
    return history;
  }

  #count(recorded: Recorded): void {
    this.#recorder ??= new ProcessRecorder(recorded);
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
    [this.state] = await Promise.all([this.#measureState(), this.#service?.collect?.(COLLECT_LIMIT)]);
    this.#takeOwn(true);
  }

  async #measureState(): Promise<StateInfo | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), COLLECT_LIMIT);
    try {
      return await Promise.race([this.measureState?.(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #takeOwn(withFigures: boolean): void {
    if (this.#recorder) this.#add(MAIN_PROCESS, process, this.#recorder.take(withFigures));
  }

  #add(name: string, process: unknown, report: ProcessReport): void {
    this.totals.add(name, process, report);
    if (report.mailLog) this.mailLog.add(report.mailLog);
  }
}
