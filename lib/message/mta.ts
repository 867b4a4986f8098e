/**
 * The two MTAs that speak the milter protocol, and how to tell them apart.
 *
 * @module
 */

/** The MTAs, which differ in how they handle a message. */
export type MtaKind = "postfix" | "sendmail";

/**
 * Tells the MTAs apart.
 *
 * @param version the macro `v`: from Postfix, such as "Postfix 3.7.11"; from Sendmail its version number, or nothing if it
 * was not requested
 */
export function mtaKindOf(version: string | undefined): MtaKind {
  return version?.startsWith("Postfix") ? "postfix" : "sendmail";
}
