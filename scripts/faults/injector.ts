/**
 * Injects faults into a running filter: kills workers, stops and kills the whole filter, stops the name server.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { type Nsd, startNsd } from "../../tests/dns/nsd.ts";
import { Milterkit } from "../../tests/support/milterkit.ts";
import { childrenOf } from "../../tests/support/process.ts";
import type { Random } from "../../tests/support/random.ts";

/** Between two faults, in milliseconds: from this, and up to so much more. */
const LEAST_PAUSE = 300;
const MORE_PAUSE = 900;
/** How long the name server, or the filter, is away at most, in milliseconds. */
const LONGEST_ABSENCE = 700;

/** A filter and its name server, and what is done to them. */
export class Injector {
  /** How often each fault was made. */
  readonly faults: Record<string, number> = {};
  /** What the filter logged that it should not have. */
  readonly mistakes: string[] = [];
  readonly #serve: string[];
  readonly #zones: Readonly<Record<string, string>>;
  readonly #dnsPort: number;
  readonly #random: Random;
  #milterkit!: Milterkit;
  #nsd!: Nsd;
  #going = false;
  #done: Promise<void> = Promise.resolve();

  /**
   * @param serve the arguments of the executable
   * @param zones what the name server answers
   * @param dnsPort where
   * @param random where the chance comes from
   */
  constructor(serve: string[], zones: Readonly<Record<string, string>>, dnsPort: number, random: Random) {
    this.#serve = serve;
    this.#zones = zones;
    this.#dnsPort = dnsPort;
    this.#random = random;
  }

  /** Starts filter and name server, and nothing else yet. */
  async start(): Promise<void> {
    this.#nsd = await startNsd(this.#zones, this.#dnsPort);
    await this.#startFilter();
  }

  /** Starts injecting faults. */
  begin(): void {
    this.#going = true;
    this.#done = this.#go();
  }

  /** Stops injecting faults, with everything running. */
  async calm(): Promise<void> {
    this.#going = false;
    await this.#done;
  }

  /** Ends filter and name server. */
  async stop(): Promise<void> {
    await this.calm();
    await this.#endFilter("SIGINT");
    await this.#nsd.stop();
  }

  async #go(): Promise<void> {
    const faults: [name: string, make: () => Promise<void> | void][] = [
      ["worker killed", () => this.#killWorker()],
      ["worker killed", () => this.#killWorker()],
      ["filter stopped by SIGTERM and started", () => this.#restart("SIGTERM")],
      ["filter killed and started", () => this.#restart("SIGKILL")],
      ["name server stopped and started", () => this.#stopDns()],
    ];
    while (this.#going) {
      await sleep(LEAST_PAUSE + this.#random.below(MORE_PAUSE));
      if (!this.#going) return;
      const [name, make] = this.#random.pick(faults);
      this.faults[name] = (this.faults[name] ?? 0) + 1;
      await make();
    }
  }

  #killWorker(): void {
    const workers = childrenOf(this.#milterkit.pid);
    if (workers.length > 0) process.kill(this.#random.pick(workers), "SIGKILL");
  }

  async #restart(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.#endFilter(signal);
    await sleep(this.#random.below(LONGEST_ABSENCE));
    await this.#startFilter();
  }

  async #stopDns(): Promise<void> {
    await this.#nsd.stop();
    await sleep(this.#random.below(LONGEST_ABSENCE));
    this.#nsd = await startNsd(this.#zones, this.#dnsPort);
  }

  async #startFilter(): Promise<void> {
    this.#milterkit = await Milterkit.start(this.#serve);
  }

  async #endFilter(signal: "SIGTERM" | "SIGKILL" | "SIGINT"): Promise<void> {
    this.#milterkit.signal(signal);
    await this.#milterkit.ended;
    for (const line of this.#milterkit.lines) {
      if (/internal-error/.test(line)) this.mistakes.push(line);
    }
  }
}
