/** Runs cases one by one, for tests. */
import assert from "node:assert/strict";
import type { Argv } from "../process.ts";
import type { ExactnessCase, MtaName } from "./case_file.ts";
import { Comparison } from "./comparison.ts";
import { problemsOf } from "./judgement.ts";

/** A comparison that starts when the first case wants it, and anew after one that got stuck. */
export class CaseRunner {
  readonly #mta: MtaName;
  readonly #chain: () => Promise<Argv>;
  #started: Promise<Comparison> | undefined;

  /**
   * @param mta what the filters are behind
   * @param chain what runs the scripted filter
   */
  constructor(mta: MtaName, chain: () => Promise<Argv>) {
    this.#mta = mta;
    this.#chain = chain;
  }

  /**
   * Runs one case.
   *
   * @throws {Error} that names the case and shows what is not as it says
   */
  async run(theCase: ExactnessCase): Promise<void> {
    const place = `tests/mta_cases/${theCase.file}:${theCase.line}: ${theCase.title}`;
    this.#started ??= this.#start();
    const comparison = await this.#started;
    let problems: string[];
    try {
      problems = problemsOf(theCase, this.#mta, await comparison.run(theCase));
    } catch (error) {
      await this.stop();
      throw new Error(`${place}: ${(error as Error).message}`);
    }
    if (problems.length > 0) assert.fail([`${place} (- milters, + chain)`, ...problems].join("\n"));
  }

  /** Ends what was started. */
  async stop(): Promise<void> {
    const started = this.#started;
    this.#started = undefined;
    await started?.then((comparison) => comparison.stop(), () => {});
  }

  async #start(): Promise<Comparison> {
    return await Comparison.start({ mta: this.#mta, chain: await this.#chain() });
  }
}
