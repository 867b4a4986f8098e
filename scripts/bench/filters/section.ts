/**
 * The section on the built-in filters and chains, compared with programs that do the same.
 *
 * @module
 */

import { figure, judged, table } from "../format.ts";
import { measureServing, warmUpOf } from "../measure.ts";
import { type LimitCheck, type LoadResult, median } from "../results.ts";
import type { Bench, Chapter, Section } from "../section.ts";
import { startServer } from "../server_process.ts";
import type { Server } from "../servers.ts";
import { StandingServers } from "../standing_servers.ts";
import type { Contest, Rival } from "./contests.ts";
import { MAIL, mailLoad, type MailName } from "./mail.ts";
import type { FilterProgram } from "./programs.ts";
import { ratiosByRound, rivalTimes, timesOf } from "./ratios.ts";
import type { FilterSite } from "./site.ts";

export class FiltersSection implements Section {
  readonly #bench: Bench;
  readonly #site: FilterSite;
  readonly #contests: readonly Contest[];
  readonly #results: LoadResult[] = [];
  readonly #servers = new StandingServers();

  constructor(bench: Bench, site: FilterSite, contests: readonly Contest[]) {
    this.#bench = bench;
    this.#site = site;
    this.#contests = contests;
  }

  /** Those that are compared with each other follow each other. */
  async measureRound(round: number): Promise<void> {
    for (const mail of Object.keys(MAIL) as MailName[]) {
      for (const program of this.#programsAt(mail)) await this.#measure(round, mail, program);
    }
  }

  /** Every program once, also if several contests need it. */
  #programsAt(mail: MailName): FilterProgram[] {
    const all = this.#contests.flatMap((contest) => [
      ...contest.rivals.flatMap(({ parts }) => parts),
      { mail: contest.mail, program: contest.ours },
      ...(contest.logging ? [{ mail: contest.mail, program: contest.logging }] : []),
    ]);
    const programs = new Map(
      all.filter((part) => part.mail === mail).map(({ program }) => [program.name, program]),
    );
    return [...programs.values()].filter((program) => !program.problem?.(this.#site));
  }

  async #measure(round: number, mail: MailName, program: FilterProgram): Promise<void> {
    const { options: { rounds, warm, seconds }, rig } = this.#bench;
    const server: Server = {
      ...program,
      command: (_, address) => program.command(this.#site, address),
    };
    const result = await this.#bench.attempt(
      `Round ${round} of ${rounds}: ${MAIL[mail].title}: ${program.title}`,
      () =>
        this.#servers.measure(
          `${mail} ${program.name}`,
          () => startServer(rig, server, "unix", {}),
          (serving, isNew) =>
            measureServing(rig, {
              round,
              workload: mailLoad(mail, this.#site.folder),
              transport: "unix",
              server,
              warm: warmUpOf(program, isNew, warm),
              seconds,
            }, serving),
        ),
      (result) =>
        `${figure(result.messagesPerSecond)} messages/s, ${figure(result.cpuMsPerMessage)} ms CPU each`,
    );
    if (result) this.#results.push(result);
  }

  async close(): Promise<void> {
    await this.#servers.close();
    await this.#site.close();
  }

  /** Of the servers' core, what others used: noise. */
  othersShares(): number[] {
    return this.#results.flatMap(({ othersShare }) => othersShare === undefined ? [] : [othersShare]);
  }

  chapters(): Chapter[] {
    const rows = this.#contests.flatMap((contest) =>
      contest.rivals.map((rival) => this.#row(contest, rival))
    );
    const head = [
      "filter",
      "message",
      "compared with",
      "its ms",
      "our ms",
      "ratio",
      "limit",
      "with its log",
    ];
    return [{
      title: "Filters and chains",
      text: [
        "The executable's filters, started as a user starts them, and programs that do the same: processor time per " +
        "message in milliseconds, and our time relative to theirs, in the same round. Where there is no such program, " +
        "the comparison is with an empty filter on C libmilter, which gets the whole message and answers at its end. " +
        "The times of programs that together do the work of one filter are added up.",
        table(head, rows),
        "None of the other programs logs a line for each message, so Milterkit runs with `--log-level warning`. The last column is the ratio " +
        "with its default log line, written to a file. opendkim and Milterkit cache DNS answers; opendmarc and " +
        "pyspf-milter ask each time.",
        ...this.#missing(),
      ].join("\n\n"),
    }];
  }

  #row(contest: Contest, rival: Rival): string[] {
    const ratio = median(this.#ratios(contest, contest.ours, rival));
    const ours = timesOf(this.#results, contest.mail, contest.ours);
    return [
      contest.title,
      MAIL[contest.mail].title,
      rival.title,
      figure(median([...rivalTimes(this.#results, rival).values()])),
      figure(median([...ours.values()])),
      rival.limit === undefined ? figure(ratio) : judged(ratio, rival.limit),
      rival.limit === undefined ? "–" : figure(rival.limit),
      contest.logging ? figure(median(this.#ratios(contest, contest.logging, rival))) : "–",
    ];
  }

  limits(): LimitCheck[] {
    return this.#contests.flatMap((contest) =>
      contest.rivals.flatMap((rival) => {
        const ratio = median(this.#ratios(contest, contest.ours, rival));
        if (rival.limit === undefined || ratio === undefined) return [];
        const what = `${contest.title}, ${MAIL[contest.mail].title}: against ${rival.title}`;
        return [{ what, figure: ratio, limit: rival.limit }];
      })
    );
  }

  /** Our time relative to a rival's, in each round that has both. */
  #ratios({ mail }: Contest, ours: FilterProgram, rival: Rival): number[] {
    return ratiosByRound(timesOf(this.#results, mail, ours), rivalTimes(this.#results, rival));
  }

  /** What was not measured, and why. */
  #missing(): string[] {
    const programs = this.#contests.flatMap((contest) => [
      contest.ours,
      ...contest.rivals.flatMap(({ parts }) => parts.map(({ program }) => program)),
    ]);
    const notes = programs.flatMap((program) => {
      const problem = program.problem?.(this.#site);
      return problem ? [`${program.title} was not measured: it needs ${problem}.`] : [];
    });
    return notes.length > 0 ? [[...new Set(notes)].join(" ")] : [];
  }
}
