/**
 * The section on messages: CPU, messages per second and latency of every server at every workload.
 *
 * @module
 */

import { figure, judged, percent, table } from "./format.ts";
import { measureServing, warmUpOf } from "./measure.ts";
import type { Transport } from "./options.ts";
import { type LimitCheck, type LoadResult, median, ratiosOf, spread } from "./results.ts";
import type { Bench, Chapter, Section } from "./section.ts";
import { startServer } from "./server_process.ts";
import { limitOf, REFERENCE, type Server } from "./servers.ts";
import { StandingServers } from "./standing_servers.ts";
import type { Workload } from "./workloads.ts";

/** One workload's ratios. */
export interface RatioRow {
  readonly name: string;
  readonly title: string;
  readonly ratios: readonly {
    readonly server: string;
    /** The median of the rounds. */
    readonly ratio: number;
    /** That of each round. */
    readonly rounds: readonly number[];
    readonly limit: number | undefined;
  }[];
}

type Figure = "messagesPerSecond" | "cpuMsPerMessage" | "p50Ms" | "p99Ms" | "coreShare";

export class MessagesSection implements Section {
  readonly #bench: Bench;
  readonly #measures: (workload: Workload, server: Server) => boolean;
  readonly #results: LoadResult[] = [];
  readonly #servers = new StandingServers();

  /**
   * Makes the section.
   *
   * @param measures whether a server is measured with a workload; by default, every one is
   */
  constructor(bench: Bench, measures: (workload: Workload, server: Server) => boolean = () => true) {
    this.#bench = bench;
    this.#measures = measures;
  }

  /** All servers at a workload in turn, before the next workload: they are compared with each other. */
  async measureRound(round: number): Promise<void> {
    const { options, servers } = this.#bench;
    for (const transport of options.transports) {
      for (const workload of options.workloads) {
        for (const server of servers) {
          if (this.#measures(workload, server)) await this.#measure(round, transport, workload, server);
        }
      }
    }
  }

  async #measure(round: number, transport: Transport, workload: Workload, server: Server): Promise<void> {
    const { options: { rounds, seconds, ...options }, rig } = this.#bench;
    const over = transport === "unix" ? "" : `, ${transport}`;
    const result = await this.#bench.attempt(
      `Round ${round} of ${rounds}: ${workload.title}${over}: ${server.title}`,
      () =>
        this.#servers.measure(
          `${workload.name} ${transport} ${server.name}`,
          () => startServer(rig, server, transport, workload.variant),
          (serving, isNew) => {
            const warm = warmUpOf(server, isNew, options.warm);
            return measureServing(rig, { round, workload, transport, server, warm, seconds }, serving);
          },
        ),
      (result) =>
        `${figure(result.messagesPerSecond)} messages/s, ${figure(result.cpuMsPerMessage)} ms CPU each`,
    );
    if (result) this.#results.push(result);
  }

  close(): Promise<void> {
    return this.#servers.close();
  }

  chapters(): Chapter[] {
    const { transports } = this.#bench.options;
    return [
      {
        title: "CPU per message against C libmilter",
        text: [
          "Processor time per message relative to C libmilter (1): lower is better.",
          ...transports.flatMap((transport) => [named(transport), this.#ratioTable(transport)]),
          this.#spreadText(),
          ...this.#referenceNotes(),
        ].join("\n\n"),
      },
      this.#absolute("Messages per second", "", ["messagesPerSecond"], figure),
      this.#absolute("CPU per message", "Processor time in milliseconds.", ["cpuMsPerMessage"], figure),
      this.#absolute(
        "Latency",
        "From a message's first byte to the filter's final answer, p50 / p99 in milliseconds. Every " +
          "connection sends as fast as it is answered, so the time includes waiting for the others.",
        ["p50Ms", "p99Ms"],
        figure,
      ),
      this.#absolute(
        "Load of the server's core",
        "The server's share of the core in per cent. Well below 100, the load generator limits messages/s, " +
          "and the server could do more.",
        ["coreShare"],
        percent,
      ),
    ];
  }

  limits(): LimitCheck[] {
    return this.#bench.options.workloads.flatMap((workload) =>
      this.#bench.servers.flatMap((server) => {
        const limit = this.#limitOf(workload, server, "unix");
        const ratio = this.#ratio(workload, server, "unix");
        if (limit === undefined || ratio === undefined) return [];
        return [{ what: `${workload.title}: ${server.title}`, figure: ratio, limit }];
      })
    );
  }

  /** The ratios of one transport; the reference, which is 1 throughout, is not among them. */
  ratioRows(transport: Transport): RatioRow[] {
    const { options, servers } = this.#bench;
    return options.workloads.map((workload) => ({
      name: workload.name,
      title: workload.title,
      ratios: servers.filter((server) => server !== REFERENCE).flatMap((server) => {
        const rounds = this.#ratios(workload, server, transport);
        const ratio = median(rounds);
        const limit = this.#limitOf(workload, server, transport);
        return ratio === undefined ? [] : [{ server: server.name, ratio, rounds, limit }];
      }),
    }));
  }

  /** Of the servers' core, what others used: noise. */
  othersShares(): number[] {
    return this.#results.flatMap(({ othersShare }) => othersShare === undefined ? [] : [othersShare]);
  }

  #ratioTable(transport: Transport): string {
    const { options, servers } = this.#bench;
    const limited = servers.filter((server) => server.allowance !== undefined && transport === "unix");
    const head = servers.flatMap((server) =>
      limited.includes(server) ? [server.title, "limit"] : [server.title]
    );
    const rows = options.workloads.map((workload) => [
      workload.title,
      ...servers.flatMap((server) => {
        const ratio = this.#ratio(workload, server, transport);
        const limit = this.#limitOf(workload, server, transport);
        const text = server === REFERENCE ? "1" : limit === undefined ? figure(ratio) : judged(ratio, limit);
        return limited.includes(server) ? [text, limit === undefined ? "–" : figure(limit)] : [text];
      }),
    ]);
    return table(["", ...head], rows);
  }

  /** How far single rounds lie from what the table says. */
  #spreadText(): string {
    const { options, servers } = this.#bench;
    const spreads = options.transports.flatMap((transport) =>
      options.workloads.flatMap((workload) =>
        servers.filter((server) => server !== REFERENCE)
          .map((server) => this.#ratios(workload, server, transport))
          .filter((ratios) => ratios.length > 1)
          .map(spread)
      )
    );
    if (spreads.length === 0) return "One round does not show how far these figures vary.";
    const [half, all] = [median(spreads), Math.max(...spreads)].map(percent);
    return `In half of the cells single rounds lay within ${half} % of the median, in all within ${all} %.`;
  }

  #referenceNotes(): string[] {
    const { options: { workloads }, servers } = this.#bench;
    const notes: string[] = [];
    if (workloads.some(({ variant }) => (variant.filters ?? 1) > 1)) {
      notes.push("C libmilter has no chains: three of our filters are compared with one of its.");
    }
    const bare = servers.find(({ name }) => name === "bare-bun");
    if (bare) {
      notes.push(
        `${
          capitalized(bare.title)
        } shows the least that a filter on Bun can cost: it finds where packets begin, answers ` +
          "those that the MTA waits for, and does not look inside them.",
      );
    }
    if (workloads.some(({ variant }) => variant.readStrings)) {
      const both = servers.some(({ name }) => name === "pymilter")
        ? "C libmilter and pymilter"
        : "C libmilter";
      notes.push(
        `"Every string read" changes nothing for ${both}: they pass every string to the filter in any case.`,
      );
    }
    return notes.length > 0 ? [notes.join(" ")] : [];
  }

  #absolute(title: string, text: string, figures: Figure[], show: (number?: number) => string): Chapter {
    const { options: { transports, workloads }, servers } = this.#bench;
    const tables = transports.flatMap((transport) => [
      named(transport),
      table(
        ["", ...servers.map((server) => server.title)],
        workloads.map((workload) => [
          workload.title,
          ...servers.map((server) => {
            const results = this.#of(workload, server, transport);
            if (results.length === 0) return "–";
            return figures.map((name) => show(median(results.map((result) => result[name])))).join(" / ");
          }),
        ]),
      ),
    ]);
    return { title, text: [...(text ? [text] : []), ...tables].join("\n\n") };
  }

  #of(workload: Workload, server: Server, transport: Transport): LoadResult[] {
    return this.#results.filter((result) =>
      result.workload === workload.name && result.server === server.name && result.transport === transport
    );
  }

  #ratios(workload: Workload, server: Server, transport: Transport): number[] {
    return ratiosOf(this.#of(workload, server, transport), this.#of(workload, REFERENCE, transport));
  }

  #ratio(workload: Workload, server: Server, transport: Transport): number | undefined {
    return median(this.#ratios(workload, server, transport));
  }

  /** The limits are for unix sockets. */
  #limitOf(workload: Workload, server: Server, transport: Transport): number | undefined {
    return transport === "unix" ? limitOf(workload, server) : undefined;
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function named(transport: Transport): string {
  return transport === "unix" ? "Over a unix socket:" : "Over TCP on the machine itself:";
}
