/**
 * The section on memory: how much a server needs to hold many connections.
 *
 * @module
 */

import { figure, judged, table } from "./format.ts";
import { measureHeld, WORKED_TEXT } from "./measure.ts";
import { type HeldResult, type HeldState, type LimitCheck, median } from "./results.ts";
import type { Bench, Chapter, Section } from "./section.ts";
import { REFERENCE, type Server } from "./servers.ts";
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

/** A server in a state, which is one row. */
interface HeldRow {
  readonly server: Server;
  readonly state: HeldState;
}

/** The most rounds of servers that have worked: each takes a third of a minute, and they differ little. */
const WORKED_ROUNDS = 3;

export class MemorySection implements Section {
  readonly #bench: Bench;
  readonly #results: HeldResult[] = [];

  readonly #rows: readonly HeldRow[];

  /**
   * Makes the section.
   *
   * @param rows what to measure; by default all servers of the run, and those with limits after work, too
   */
  constructor(bench: Bench, rows: readonly HeldRow[] = rowsOf(bench.servers)) {
    this.#bench = bench;
    this.#rows = rows;
  }

  async measureRound(round: number): Promise<void> {
    const { options: { rounds, hold }, rig } = this.#bench;
    for (const row of this.#rows) {
      const { server, state } = row;
      if (state === "worked" && round > WORKED_ROUNDS) continue;
      const result = await this.#bench.attempt(
        `Round ${round} of ${rounds}: ${hold} connections held: ${titleOf(row)}`,
        () => measureHeld(rig, server, round, hold, state),
        (result) =>
          `${figure(moreMbOf(result))} MB more, ${figure(result.kbPerConnection)} kB per connection`,
      );
      if (result) this.#results.push(result);
    }
  }

  chapters(): Chapter[] {
    const rows = this.#rows.map((row) => {
      const { held, idleMb, moreMb, kbPerConnection } = this.figures(row);
      const limit = this.#limitsOf(row);
      return [
        titleOf(row),
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
Idle connections after HELO, over a unix socket: resident memory before the first one, and the increase (MB, a \
million bytes). It includes the mapped parts of the program's file; the figure per connection is the growth of \
private memory alone (kB, a thousand bytes). In a server that has just started, the increase includes one-time \
costs: the code that its runtime compiles, and its first garbage. A server "after work" had ${WORKED_TEXT} before.

${table(head, rows)}`,
    }];
  }

  limits(): LimitCheck[] {
    return this.#rows.filter((row) => this.#limitsOf(row)).flatMap((row) => {
      const { held, moreMb, kbPerConnection } = this.figures(row);
      const check = (unit: string, limit: number, figure?: number): LimitCheck[] =>
        figure === undefined
          ? []
          : [{ what: `${held} connections held, ${unit}: ${titleOf(row)}`, figure, limit }];
      return [
        ...check("MB above idle", HELD_LIMITS.moreMb, moreMb),
        ...check("kB per connection", HELD_LIMITS.kbPerConnection, kbPerConnection),
      ];
    });
  }

  /** What a connection takes is another figure where there are fewer or more. */
  #limitsOf({ server: { memoryLimits } }: HeldRow): typeof HELD_LIMITS | undefined {
    return memoryLimits && this.#bench.options.hold === HELD_LIMITS.connections ? HELD_LIMITS : undefined;
  }

  /** The figures of a row; those that were not measured are undefined. */
  figures({ server: { name }, state }: HeldRow): HeldFigures {
    const results = this.#results.filter((each) => each.server === name && each.state === state);
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

function rowsOf(servers: readonly Server[]): HeldRow[] {
  return servers.flatMap((server): HeldRow[] => {
    const worked = server.memoryLimits || server === REFERENCE;
    return [{ server, state: "started" }, ...(worked ? [{ server, state: "worked" } as const] : [])];
  });
}

function titleOf({ server: { title }, state }: HeldRow): string {
  return state === "worked" ? `${title}, after work` : title;
}
