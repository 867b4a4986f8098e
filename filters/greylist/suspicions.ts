/**
 * The conditions that make mail suspicious enough to be put off.
 *
 * @module
 */

import { correctionOf } from "../../lib/options/nearest.ts";
import { OptionError } from "../../lib/options/options.ts";
import { looksDynamic } from "./dynamic_name.ts";
import type { Evidence } from "./evidence.ts";

/** Every condition, in the order in which texts list them. */
export const SUSPICIONS = [
  "no-ptr",
  "dynamic-name",
  "spf-none",
  "spf-neutral",
  "spf-softfail",
  "spf-fail",
  "spf-permerror",
  "always",
] as const;

/** A condition. */
export type Suspicion = typeof SUSPICIONS[number];

/** Those that hold unless others are given. */
export const DEFAULT_SUSPICIONS: readonly Suspicion[] = [
  "no-ptr",
  "dynamic-name",
  "spf-none",
  "spf-softfail",
  "spf-fail",
];

/** Those that can hold for mail that passes SPF. */
export const BESIDE_SPF_PASS: readonly Suspicion[] = ["no-ptr", "dynamic-name", "always"];

/** The conditions, for help. */
export const SUSPICION_HELP = `What is suspicious (--when):

    no-ptr         the client's address has no host name, or none that resolves
                   back to the address
    dynamic-name   the name looks like that of a home connection: it contains
                   the address, or a word such as dsl or dynamic
    spf-none       the sender's domain has no SPF record; for the null sender,
                   the domain in HELO
    spf-neutral    the record says nothing about the client
    spf-softfail   the record says that the client is probably not authorized
    spf-fail       the record says that the client is not authorized
    spf-permerror  the record is invalid
    always         all mail`;

/**
 * Reads the values of `--when`, each a condition or several with commas between them.
 *
 * @param texts the values; none for {@linkcode DEFAULT_SUSPICIONS}
 * @throws {OptionError} for a condition that does not exist, is given twice, or is combined with `always`
 */
export function readSuspicions(texts: readonly string[]): readonly Suspicion[] {
  const read = new Set<Suspicion>();
  for (const text of texts) {
    for (const word of text.split(",").map((each) => each.trim())) {
      const fail = (reason: string): never => {
        throw new OptionError("when", text, reason);
      };
      if (!isSuspicion(word)) {
        const meant = correctionOf(word, SUSPICIONS);
        return fail(
          `want one or several of ${SUSPICIONS.join(", ")}${
            meant === undefined ? "" : `; did you mean ${meant}?`
          }`,
        );
      }
      if (read.has(word)) fail(`${word} is given twice`);
      read.add(word);
      if (read.has("always") && read.size > 1) fail("always holds for all mail; leave the others out");
    }
  }
  return read.size === 0 ? DEFAULT_SUSPICIONS : [...read];
}

function isSuspicion(word: string): word is Suspicion {
  return (SUSPICIONS as readonly string[]).includes(word);
}

/**
 * The conditions that hold for a message.
 *
 * @param wanted the conditions to look at
 * @param evidence what is known of the message
 */
export function suspicionsOf(wanted: readonly Suspicion[], evidence: Evidence): readonly Suspicion[] {
  return wanted.filter((condition) => holds(condition, evidence));
}

function holds(condition: Suspicion, { spf, client, address }: Evidence): boolean {
  switch (condition) {
    case "always":
      return true;
    case "no-ptr":
      return client.status === "unnamed";
    case "dynamic-name":
      return client.status === "named" && looksDynamic(client.name, address);
    default:
      return condition === `spf-${spf.result}`;
  }
}
