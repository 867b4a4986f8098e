/**
 * Says in a line whether a message authenticates.
 *
 * @module
 */

import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import type { DkimPart } from "../../explanation/explain_dkim.ts";
import type { AuthorPart, DmarcPart } from "./explain_dmarc.ts";
import type { SpfPart } from "./explain_spf.ts";

/** The outcome of all checks. */
export interface AuthVerdict {
  /**
   * Whether the message authenticates; `unknown` if a lookup failed, so that a later attempt may tell; `records-only` if a
   * domain was asked about without a client, so that there are only records to look at.
   */
  readonly outcome: "authenticates" | "does-not-authenticate" | "unknown" | "records-only";
  /** The outcome with its reason, in a line. */
  readonly text: string;
}

/** The parts that decide. */
export interface Decisive {
  readonly spf: SpfPart;
  readonly dkim: DkimPart | undefined;
  readonly dmarc: DmarcPart;
  /** Whether a domain was asked about, without a message. */
  readonly isDomain: boolean;
}

/** The exit code of a verdict. */
export function exitCodeFor({ outcome }: AuthVerdict): number {
  if (outcome === "does-not-authenticate") return EXIT_CODES.rejected;
  return outcome === "unknown" ? EXIT_CODES.tempfailed : EXIT_CODES.done;
}

/** Decides by DMARC, and without a record of it by SPF and DKIM. */
export function authVerdict(parts: Decisive): AuthVerdict {
  const { spf, dkim, dmarc, isDomain } = parts;
  if (isDomain && spf.skipped !== undefined) return recordsOnly(parts);
  const missing = isDomain
    ? "; a message needs a DKIM signature of an aligned domain"
    : spf.skipped === undefined
    ? ""
    : "; SPF was not checked";
  switch (dmarc.result) {
    case "pass": {
      const by = identifiersIn(dmarc, "aligned");
      const broken = spf.result === "fail" || spf.result === "softfail";
      const forwarded = broken ? `; that SPF says ${spf.result} is normal for mail that was forwarded` : "";
      return {
        outcome: "authenticates",
        text: `authenticates: DMARC passes for ${dmarc.domain} by ${by.join(" and ")}${forwarded}`,
      };
    }
    case "fail": {
      const others = identifiersIn(dmarc, "not-aligned");
      const why = others.length > 0
        ? `${others.join(" and ")} passed, but not for the domain in From`
        : isDomain
        ? "SPF did not pass"
        : "neither SPF nor DKIM passed";
      return {
        outcome: "does-not-authenticate",
        text:
          `does not authenticate: DMARC fails for ${dmarc.domain}, since ${why}; its policy for such mail is ${
            dmarc.policy ?? "not known"
          }${missing}`,
      };
    }
    case "temperror":
      return { outcome: "unknown", text: `unknown, since ${dmarc.reason}; try again later` };
    case "permerror":
      return {
        outcome: "does-not-authenticate",
        text: `does not authenticate: there is no author to check, since ${dmarc.reason}`,
      };
    case "none":
      return withoutDmarc(spf, dkim, dmarc, missing);
  }
}

/** The identifiers that passed and are in this state, each once. */
function identifiersIn(
  { authors, domain }: DmarcPart,
  wanted: AuthorPart["identifiers"][number]["state"],
): string[] {
  const author = authors.find((part) => part.domain === domain);
  const found = author?.identifiers.filter(({ state, result }) => state === wanted && result === "pass") ??
    [];
  return [
    ...new Set(
      found.map(({ method, domain }) => method === "spf" ? `SPF (${domain})` : `DKIM (d=${domain})`),
    ),
  ];
}

function withoutDmarc(
  spf: SpfPart,
  dkim: DkimPart | undefined,
  dmarc: DmarcPart,
  missing: string,
): AuthVerdict {
  const passed = [
    ...(spf.result === "pass" ? [`SPF for ${spf.domain}`] : []),
    ...new Set(
      dkim?.signatures.filter(({ result }) => result === "pass").map(({ domain }) => `DKIM for ${domain}`),
    ),
  ];
  const no = `${dmarc.domain} publishes no usable DMARC record`;
  if (passed.length > 0) {
    const isOwn = dmarc.authors.some(({ identifiers }) =>
      identifiers.some(({ result, aligned }) => result === "pass" && aligned)
    );
    const but = isOwn ? "" : ", but for another domain than that of From";
    return { outcome: "authenticates", text: `authenticates by ${passed.join(" and ")}${but}; ${no}` };
  }
  const isOpen = spf.result === "temperror" || dkim?.signatures.some(({ result }) => result === "temperror");
  return isOpen
    ? {
      outcome: "unknown",
      text: `unknown, since a lookup for SPF or DKIM failed, and nothing passes; try again later`,
    }
    : {
      outcome: "does-not-authenticate",
      text: `does not authenticate: ${
        dkim === undefined ? "SPF does not pass" : "neither SPF nor DKIM passes"
      }, and ${no}${missing}`,
    };
}

/** Without a client there is nothing that could pass; the records may be wrong all the same. */
function recordsOnly({ spf, dmarc }: Decisive): AuthVerdict {
  if (
    dmarc.result === "temperror" || spf.steps.some((step) => step.type === "TXT" && isOutage(step.status))
  ) {
    return { outcome: "unknown", text: "unknown, since a lookup failed; try again later" };
  }
  const record = dmarc.authors[0]?.record;
  const has = [
    spf.steps.some(({ type }) => type === "record") ? "an SPF record" : "no SPF record",
    record === undefined ? "no usable DMARC record" : `a DMARC record with p=${record.p}`,
  ];
  const problems = spf.problems.length;
  return {
    outcome: "records-only",
    text: `${dmarc.domain} has ${has.join(" and ")}${
      problems === 0 ? "" : `, with ${problems} problem${problems === 1 ? "" : "s"} of SPF`
    }; give --client to see what SPF says of a client`,
  };
}

function isOutage(status: string): boolean {
  return !["found", "nxdomain", "nodata"].includes(status);
}
