/**
 * Counts the outcomes of many messages, and derives the exit code.
 *
 * @module
 */

import type { MailOutcome } from "../../../lib/mta/delivery.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { plural } from "../../terminal/plural.ts";
import type { CheckedMessage, UncheckedMessage } from "./check_message.ts";

/** Exit codes of outcomes; the first outcome that occurred decides. */
const CODES_OF_OUTCOMES: readonly (readonly [MailOutcome, number])[] = [
  ["reject", EXIT_CODES.rejected],
  ["tempfail", EXIT_CODES.tempfailed],
  ["discard", EXIT_CODES.discarded],
];

/** Counts messages by outcome. */
export class CheckSummary {
  readonly #outcomes = new Map<MailOutcome, number>();
  #changed = 0;
  #held = 0;
  #failed = 0;
  #notChecked = 0;

  /** Counts a message. */
  add(checked: CheckedMessage | UncheckedMessage): void {
    if ("error" in checked) {
      this.#notChecked++;
      return;
    }
    const { report, failures } = checked;
    this.#outcomes.set(report.outcome, (this.#outcomes.get(report.outcome) ?? 0) + 1);
    if (failures.length > 0) this.#failed++;
    if (report.outcome !== "accept") return;
    if (report.modifications.length > 0) this.#changed++;
    if (report.after.held !== undefined) this.#held++;
  }

  /** All counts above 0, in a line. */
  get text(): string {
    const total = [...this.#outcomes.values()].reduce((sum, count) => sum + count, 0) + this.#notChecked;
    const counts: (readonly [number, string])[] = [
      ...[...this.#outcomes].map(([outcome, count]) => [count, outcome] as const),
      [this.#changed, "changed"],
      [this.#held, "held"],
      [this.#failed, "with a filter that failed"],
      [this.#notChecked, "not checked"],
    ];
    const shown = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
    return `${plural(total, "message")}: ${shown.join(", ") || "none"}`;
  }

  /** The exit code. */
  get exitCode(): number {
    if (this.#notChecked > 0) return EXIT_CODES.failed;
    return CODES_OF_OUTCOMES.find(([outcome]) => this.#outcomes.has(outcome))?.[1] ?? EXIT_CODES.done;
  }
}
