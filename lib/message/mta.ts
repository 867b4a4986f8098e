/**
 * The two MTAs that speak the milter protocol, where they differ.
 *
 * @module
 */

/** The MTAs whose ways with a message differ. */
export type MtaKind = "postfix" | "sendmail";

/**
 * Tells the MTAs apart.
 *
 * @param version the macro `v`: "Postfix 3.7.11" of the one; of Sendmail its number, or nothing where nobody asks for it
 */
export function mtaKindOf(version: string | undefined): MtaKind {
  return version?.startsWith("Postfix") ? "postfix" : "sendmail";
}
