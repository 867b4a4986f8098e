/**
 * Explains how the checks of a message or a sender come out.
 *
 * @module
 */

import { latin1 } from "../../../lib/auth/bytes.ts";
import { authservIdOf } from "../../../lib/auth/authserv_id.ts";
import { dmarcAuthors } from "../../../lib/auth/dmarc/evaluation.ts";
import type { DmarcSpfInput } from "../../../lib/auth/dmarc/results.ts";
import type { HeaderField } from "../../../lib/message/header.ts";
import type { KnownEnvelope } from "./envelope.ts";
import { type DkimPart, explainDkim, type SignedMessage } from "../../explanation/explain_dkim.ts";
import { type DmarcPart, explainDmarc } from "./explain_dmarc.ts";
import { explainIprev, explainSpf, type IprevPart, type SpfPart } from "./explain_spf.ts";
import type { Answers } from "../../explanation/lookup.ts";
import { type AuthVerdict, authVerdict } from "./verdict.ts";

/** What is explained. */
export interface Subject {
  /** The message; undefined if only a domain is asked about. */
  readonly message?: SignedMessage | undefined;
  /** The domain; undefined if a message is asked about. */
  readonly domain?: string | undefined;
  readonly envelope: KnownEnvelope;
  /** The name of the host that received, if it is known. */
  readonly receiver: string | undefined;
}

/** Everything that was found out. */
export interface Explanation {
  readonly envelope: KnownEnvelope;
  /** From, one character per byte, as in the message; undefined for a domain, empty if there is none. */
  readonly from?: readonly string[] | undefined;
  /** What the host that received wrote into Authentication-Results, if its name is known. */
  readonly reported?: readonly string[] | undefined;
  readonly spf: SpfPart;
  /** Undefined for a domain. */
  readonly dkim?: DkimPart | undefined;
  /** Undefined if no client is known. */
  readonly iprev?: IprevPart | undefined;
  readonly dmarc: DmarcPart;
  readonly verdict: AuthVerdict;
}

/**
 * Runs all checks; the parts that need nothing of each other run at the same time.
 *
 * @param subject what is explained
 * @param answers where records are looked up
 * @param now the time in seconds since 1970
 */
export async function explain(subject: Subject, answers: Answers, now: number): Promise<Explanation> {
  const { message, envelope, domain, receiver } = subject;
  const [spf, iprev, dkim] = await Promise.all([
    explainSpf(envelope, answers, receiver ?? "unknown"),
    explainIprev(envelope, answers),
    message && explainDkim(message, answers, now),
  ]);
  const from = message?.header.filter((field) => field.is("From")).map((field) => field.rawValueBytes) ?? [];
  const authors = domain === undefined ? dmarcAuthors(from) : { domains: [domain] };
  const signatures = dkim?.signatures.map(({ result, domain }) => ({ status: result, domain }));
  const dmarc = await explainDmarc(authors, { spf: spfForDmarc(spf, envelope), dkim: signatures }, answers);
  return {
    envelope,
    from: message && from.map((value) => latin1(value).trim()),
    reported: message && reportedBy(receiver, message.header),
    spf,
    dkim,
    iprev,
    dmarc,
    verdict: authVerdict({ spf, dkim, dmarc, isDomain: domain !== undefined }),
  };
}

/** The results that a host wrote; a forger can write them too, unless the host removes those with its name. */
function reportedBy(receiver: string | undefined, header: readonly HeaderField[]): string[] | undefined {
  if (receiver === undefined) return undefined;
  const own = header.filter((field) =>
    field.is("Authentication-Results") &&
    authservIdOf(field.rawValueBytes)?.toLowerCase() === receiver.toLowerCase()
  );
  return own.map((field) => latin1(field.rawValueBytes).replace(/\r?\n[ \t]+/g, " ").trim());
}

/** A result of HELO counts only for a null sender (RFC 9989 section 4.4.2). */
function spfForDmarc(spf: SpfPart, { mailFrom }: KnownEnvelope): DmarcSpfInput | undefined {
  if (spf.result === undefined || (spf.identity === "helo" && mailFrom === undefined)) return undefined;
  return { result: spf.result, domain: spf.domain };
}
