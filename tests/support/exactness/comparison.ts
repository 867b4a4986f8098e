/** Runs cases on both sides, separate milters and a chain, behind one MTA. */
import { rmSync } from "node:fs";
import { newFolder } from "../instance.ts";
import type { ReceivedMessage } from "../next_hop.ts";
import { at } from "../present.ts";
import { type Argv, sleep } from "../process.ts";
import type { ExactnessCase, MtaName } from "./case_file.ts";
import { type Exchange, speak } from "./dialogue.ts";
import { latin1Text } from "./escapes.ts";
import type { FilterLog } from "./filter_log.ts";
import { compileRefmilter, Filters, Scripts, type Way } from "./filters.ts";
import { type ComparedMta, QUEUED, startMta } from "./mta.ts";
import { type Observation, observe } from "./observation.ts";

/** What came of a case. */
export interface Outcome {
  /** From separate milters on C libmilter. */
  readonly milters: Observation;
  /** From the chain. */
  readonly chain: Observation;
  /** From separate milters with the scripts that the case gives instead. */
  readonly instead?: Observation | undefined;
  /** What the MTA logged, to be shown with a difference. */
  readonly log: string;
}

/** Settings for {@link Comparison.start}. */
export interface ComparisonOptions {
  readonly mta: MtaName;
  /** What runs the scripted filter; the reference filter itself if left out, to see whether cases are steady. */
  readonly chain?: Argv | undefined;
}

/** What a comparison is made of. */
interface Parts {
  readonly mtaName: MtaName;
  readonly mta: ComparedMta;
  readonly folder: string;
  readonly scripts: Scripts;
  readonly filters: Filters;
  /** Ways in through one, two and three milters, then through chains of one, two and three filters. */
  readonly ways: readonly Way[];
}

/** An MTA with filters of both kinds behind it. */
export class Comparison {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts everything. */
  static async start({ mta: mtaName, chain }: ComparisonOptions): Promise<Comparison> {
    const folder = newFolder("milterkit-exactness-");
    const scripts = new Scripts(folder);
    const filters = new Filters(folder, scripts);
    try {
      scripts.write([]);
      const refmilter = await compileRefmilter(folder);
      const ways = (await Promise.all([
        filters.separate(refmilter, "ref"),
        chain ? filters.chains(chain, "chain") : filters.separate(refmilter, "other"),
      ])).flat();
      const mta = await startMta(mtaName, ways.map(({ milters }) => milters));
      return new Comparison({ mtaName, mta, folder, scripts, filters, ways });
    } catch (error) {
      const output = filters.output();
      await filters.stop();
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`${(error as Error).message}\n${output}`);
    }
  }

  /** Runs one case on both sides. */
  async run(theCase: ExactnessCase): Promise<Outcome> {
    const { mtaName, mta, ways } = this.#parts;
    const { scripts, dialogue, differences } = theCase;
    const separate = scripts.length - 1;
    const both = await this.#speak(dialogue, scripts, [separate, separate + ways.length / 2]);
    const outcome = { milters: at(both, 0), chain: at(both, 1), log: mta.log() };
    const other = differences.find((each) => each.mta === mtaName)?.instead;
    if (!other) return outcome;
    return { ...outcome, instead: at(await this.#speak(dialogue, other, [separate]), 0) };
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    const { mta, filters, folder } = this.#parts;
    await Promise.all([mta.stop(), filters.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }

  /** Speaks a dialogue through some of the ways in, at once. */
  async #speak(
    dialogue: readonly string[],
    scripts: readonly string[],
    wayNumbers: readonly number[],
  ): Promise<Observation[]> {
    const { mta, filters, ways } = this.#parts;
    const sides = wayNumbers.map((number) => ({ logs: at(ways, number).logs, port: at(mta.ports, number) }));
    const complaints = filters.complaints().length;
    this.#parts.scripts.write(scripts);
    for (const { logs } of sides) for (const log of logs) log.mark();
    mta.nextHop.clear();
    mta.mark();

    const began = Date.now();
    const spoken = await Promise.all(sides.map(async ({ logs, port }) => {
      const exchanges = await speak(port, dialogue);
      return { logs, exchanges, queued: queuedIds(exchanges) };
    }));
    const held = await mta.settle();
    await this.#connectionsEnded(sides.flatMap(({ logs }) => logs));

    const complaint = filters.complaints()[complaints];
    if (complaint) throw new Error(`a script is wrong: ${complaint}`);
    const delivered = withReceived(spoken, mta.nextHop.messages);
    const ids = new Set([
      ...mta.queueIds(),
      ...spoken.flatMap(({ queued }) => queued),
      ...sides.flatMap(({ logs }) => logs.flatMap((log) => log.macroValues("i"))),
    ]);
    return delivered.map(({ logs, exchanges, queued, received }) =>
      observe({
        exchanges,
        received,
        held: queued.flatMap((id) => held.filter((each) => each.id === id)),
        events: logs.flatMap((log) => log.events()),
        guessedSize: mta.guessesSize,
        ids: [...ids],
        began,
        ended: Date.now(),
      })
    );
  }

  async #connectionsEnded(logs: readonly FilterLog[]): Promise<void> {
    for (const end = Date.now() + 30_000; logs.some((log) => !log.quiet); await sleep(5)) {
      if (Date.now() < end) continue;
      const open = logs.filter((log) => !log.quiet).map(({ path }) => path);
      throw new Error(`connections of ${open.join(", ")} do not end\n${this.#parts.mta.log()}`);
    }
  }
}

function queuedIds(exchanges: readonly Exchange[]): string[] {
  return exchanges.flatMap(({ said, reply }) =>
    said === "." || said.startsWith("BDAT ") ? QUEUED.exec(reply[0] ?? "")?.[1] ?? [] : []
  );
}

/**
 * Each side with its messages, in the order of the replies to them: a Received field has the queue id, and a bounce that
 * of what it is about.
 */
function withReceived<Side extends { readonly queued: readonly string[] }>(
  sides: readonly Side[],
  received: readonly ReceivedMessage[],
): (Side & { readonly received: ReceivedMessage[] })[] {
  const rest = new Set(received);
  const take = (id: string) => {
    const found = received.filter(({ data }) =>
      new RegExp(`(?:\\bid |Queue-ID: )${id}\\b`).test(latin1Text(data))
    );
    for (const message of found) rest.delete(message);
    return found;
  };
  const result = sides.map((side) => ({ ...side, received: side.queued.flatMap(take) }));
  for (const { data } of rest) {
    throw new Error(`a message of neither side was delivered:\n${latin1Text(data)}`);
  }
  return result;
}
