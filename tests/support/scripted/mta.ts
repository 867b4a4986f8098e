/**
 * The differences between the two MTAs.
 *
 * @module
 */

/** An MTA whose ways with a message are known. */
export type Mta = "postfix" | "sendmail";

/** An MTA, or `auto`: told by what it says of itself. */
export type MtaChoice = Mta | "auto";

/** The values of {@linkcode MtaChoice}. */
export const MTA_CHOICES: readonly MtaChoice[] = ["auto", "postfix", "sendmail"];

/**
 * Tells the MTAs apart.
 *
 * @param choice what the user says
 * @param version the macro `v`, which of the two Postfix alone sends unasked
 */
export function mtaOf(choice: MtaChoice, version: string | undefined): Mta {
  if (choice !== "auto") return choice;
  return version?.startsWith("Postfix") ? "postfix" : "sendmail";
}
