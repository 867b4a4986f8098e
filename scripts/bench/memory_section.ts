/**
 * The section on memory: how much a server needs to hold many connections.
 *
 * @module
 */

import { figure, judged, table } from "./format.ts";
import { measureHeld } from "./measure.ts";
import { type HeldResult, type LimitCheck, median } from "./results.ts";
import type { Bench, Chapter, Section } from "./section.ts";
import type { Server } from "./servers.ts";
import { HELD_LIMITS } from "./workloads.ts";

type Figure = "held" | "residentMbBefore" | "residentMb" | "kbPerConnection";

export class MemorySection implements Section {
  readonly #bench: Bench;
  readonly #results: HeldResult[] = [];

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  async measureRound(round: number): Promise<void> {
    const { options: { rounds, hold }, rig, servers } = this.#bench;
    for (const server of servers) {
      const result = await this.#bench.attempt(
        `Round ${round} of ${rounds}: ${hold} connections held: ${server.title}`,
        () => measureHeld(rig, server, round, hold),
        ({ residentMb, kbPerConnection }) =>
          `${figure(residentMb)} MB, ${figure(kbPerConnection)} kB per connection`,
      );
      if (result) this.#results.push(result);
    }
  }

  chapters(): Chapter[] {
    const rows = this.#bench.servers.map((server) => {
      const residentMb = this.#median(server, "residentMb");
      const kbPerConnection = this.#median(server, "kbPerConnection");
      const limit = this.#limitsOf(server);
      return [
        server.title,
        String(this.#median(server, "held") ?? "–"),
        figure(this.#median(server, "residentMbBefore")),
        limit ? judged(residentMb, limit.residentMb) : figure(residentMb),
        limit ? String(limit.residentMb) : "–",
        limit ? judged(kbPerConnection, limit.kbPerConnection) : figure(kbPerConnection),
        limit ? String(limit.kbPerConnection) : "–",
      ];
    });
    const head = ["", "held", "MB before", "MB", "limit", "kB per connection", "limit"];
    return [{
      title: "Memory of idle connections",
      text: `\
Idle connections after HELO, over a unix socket. Resident memory (MB, a million bytes) includes the mapped \
parts of the program's file; the figure per connection is the growth of private memory (kB, a thousand bytes).

${table(head, rows)}`,
    }];
  }

  limits(): LimitCheck[] {
    return this.#bench.servers.filter((server) => this.#limitsOf(server)).flatMap((server) => {
      const held = `${this.#median(server, "held")} connections held`;
      const check = (unit: string, limit: number, figure?: number): LimitCheck[] =>
        figure === undefined ? [] : [{ what: `${held}, ${unit}: ${server.title}`, figure, limit }];
      return [
        ...check("MB resident", HELD_LIMITS.residentMb, this.#median(server, "residentMb")),
        ...check("kB per connection", HELD_LIMITS.kbPerConnection, this.#median(server, "kbPerConnection")),
      ];
    });
  }

  /** What a connection takes is another figure where there are fewer or more. */
  #limitsOf({ memoryLimits }: Server): typeof HELD_LIMITS | undefined {
    return memoryLimits && this.#bench.options.hold === HELD_LIMITS.connections ? HELD_LIMITS : undefined;
  }

  #median({ name }: Server, figure: Figure): number | undefined {
    return median(this.#results.filter(({ server }) => server === name).map((result) => result[figure]));
  }
}
