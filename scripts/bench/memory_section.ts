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

/** What holding connections takes, the median of each. A MB is a million bytes, a kB a thousand. */
export interface HeldFigures {
  readonly held: number | undefined;
  /** Resident before the first connection. */
  readonly idleMb: number | undefined;
  /** Resident above that while the connections are held. */
  readonly moreMb: number | undefined;
  readonly kbPerConnection: number | undefined;
}

export class MemorySection implements Section {
  readonly #bench: Bench;
  readonly #results: HeldResult[] = [];

  readonly #servers: readonly Server[];

  /**
   * Makes the section.
   *
   * @param servers those to measure; by default all of the run
   */
  constructor(bench: Bench, servers: readonly Server[] = bench.servers) {
    this.#bench = bench;
    this.#servers = servers;
  }

  async measureRound(round: number): Promise<void> {
    const { options: { rounds, hold }, rig } = this.#bench;
    for (const server of this.#servers) {
      const result = await this.#bench.attempt(
        `Round ${round} of ${rounds}: ${hold} connections held: ${server.title}`,
        () => measureHeld(rig, server, round, hold),
        (result) =>
          `${figure(moreMbOf(result))} MB more, ${figure(result.kbPerConnection)} kB per connection`,
      );
      if (result) this.#results.push(result);
    }
  }

  chapters(): Chapter[] {
    const rows = this.#servers.map((server) => {
      const { held, idleMb, moreMb, kbPerConnection } = this.figures(server);
      const limit = this.#limitsOf(server);
      return [
        server.title,
        String(held ?? "–"),
        figure(idleMb),
        limit ? judged(moreMb, limit.moreMb) : figure(moreMb),
        limit ? String(limit.moreMb) : "–",
        limit ? judged(kbPerConnection, limit.kbPerConnection) : figure(kbPerConnection),
        limit ? String(limit.kbPerConnection) : "–",
      ];
    });
    const head = ["", "held", "MB idle", "MB more", "limit", "kB per connection", "limit"];
    return [{
      title: "Memory of idle connections",
      text: `\
Idle connections after HELO, over a unix socket: resident memory before the first one, and what comes on top (MB, a \
million bytes). It includes the mapped parts of the program's file; the figure per connection is the growth of \
private memory alone (kB, a thousand bytes).

${table(head, rows)}`,
    }];
  }

  limits(): LimitCheck[] {
    return this.#servers.filter((server) => this.#limitsOf(server)).flatMap((server) => {
      const { held, moreMb, kbPerConnection } = this.figures(server);
      const check = (unit: string, limit: number, figure?: number): LimitCheck[] =>
        figure === undefined
          ? []
          : [{ what: `${held} connections held, ${unit}: ${server.title}`, figure, limit }];
      return [
        ...check("MB above idle", HELD_LIMITS.moreMb, moreMb),
        ...check("kB per connection", HELD_LIMITS.kbPerConnection, kbPerConnection),
      ];
    });
  }

  /** What a connection takes is another figure where there are fewer or more. */
  #limitsOf({ memoryLimits }: Server): typeof HELD_LIMITS | undefined {
    return memoryLimits && this.#bench.options.hold === HELD_LIMITS.connections ? HELD_LIMITS : undefined;
  }

  /** The figures of a server; those that were not measured are undefined. */
  figures({ name }: Server): HeldFigures {
    const results = this.#results.filter(({ server }) => server === name);
    return {
      held: median(results.map(({ held }) => held)),
      idleMb: median(results.map(({ residentMbBefore }) => residentMbBefore)),
      moreMb: median(results.map(moreMbOf)),
      kbPerConnection: median(results.map(({ kbPerConnection }) => kbPerConnection)),
    };
  }
}

function moreMbOf({ residentMb, residentMbBefore }: HeldResult): number {
  return residentMb - residentMbBefore;
}
