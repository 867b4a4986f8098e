/**
 * The checks of one message. Lookups begin at the earliest event and overlap with the rest of the message.
 *
 * @module
 */
import type { AuthResult } from "../../lib/auth/authentication_results.ts";
import { dkimAuthResults } from "../../lib/auth/authentication_results.ts";
import { authorDomains, type Authors } from "../../lib/auth/author.ts";
import type { DkimResult } from "../../lib/auth/dkim/results.ts";
import { DkimVerifier } from "../../lib/auth/dkim/verifier.ts";
import { dmarcAuthors, DmarcEvaluation } from "../../lib/auth/dmarc/evaluation.ts";
import type { DmarcDkimInput, DmarcResult, DmarcSpfInput } from "../../lib/auth/dmarc/results.ts";
import { checkIprev } from "../../lib/auth/iprev.ts";
import { spfAuthResult } from "../../lib/auth/spf/auth_result.ts";
import { checkSpf, type SpfQuery } from "../../lib/auth/spf/check_spf.ts";
import type { SpfResult } from "../../lib/auth/spf/results.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import type { CheckSettings } from "./check_settings.ts";
import { authorExemption, clientExemption } from "./exemption.ts";

/** The context of a message, as far as the checks need it. */
export type CheckContext = Pick<
  MessageContext<unknown, unknown>,
  "client" | "helo" | "macro" | "mta" | "results" | "sender" | "signal"
>;

/** What was found out about a message. */
export interface Findings {
  /** The result of SPF, if it was checked here. */
  readonly spf: SpfResult | undefined;
  /** The results of all signatures, if they were verified here. */
  readonly dkim: readonly DkimResult[] | undefined;
  /** The result of DMARC, if it was evaluated here. */
  readonly dmarc: DmarcResult | undefined;
  /** Results of methods that lead to no action. */
  readonly others: readonly AuthResult[];
  /** The domains for which SPF or DKIM passed, here or in earlier filters. */
  readonly passed: readonly string[];
}

/** Before the header has ended, the authors are unknown. */
const UNKNOWN: Authors = authorDomains([]);

/** The checks of one message. */
export class MessageCheck {
  /** Why the message is not checked; undefined if it is. */
  exempt: string | undefined;
  /** The authors, once the header is complete and if they are needed. */
  authors: Authors = UNKNOWN;
  /** The result of SPF, once it was asked for. It never rejects. */
  spf: Promise<SpfResult> | undefined;
  /** What was asked of SPF. */
  query: SpfQuery | undefined;
  readonly #settings: CheckSettings;
  readonly #verifier: DkimVerifier | undefined;
  readonly #from: Uint8Array[] = [];
  #iprev: Promise<AuthResult> | undefined;
  #dmarc: DmarcEvaluation | undefined;
  /** An error in this program. After it, nothing more is checked. */
  #error: { readonly cause: unknown } | undefined;

  /** @param settings which methods are run, and how */
  constructor(settings: CheckSettings) {
    this.#settings = settings;
    const { dkim, resolver } = settings;
    const now = () => Math.floor(Date.now() / 1000);
    this.#verifier = dkim && new DkimVerifier({ ...dkim.verifier, resolver, now });
  }

  /** Whether it needs no more of the body. */
  get bodyDone(): boolean {
    return this.exempt !== undefined || this.#error !== undefined || this.#verifier?.wantsBody !== true;
  }

  /** The sender: begins to look up what depends on the envelope. */
  mail(sender: EnvelopeAddress, context: CheckContext): void {
    const { exemptions, resolver, lookupTimeout, clock, spf, iprev } = this.#settings;
    this.exempt = clientExemption(exemptions, context);
    if (this.exempt !== undefined) return;
    const client = context.client?.address ?? "";
    const options = { resolver, deadline: lookupTimeout, clock, signal: context.signal };
    if (spf) {
      const query = { client, helo: context.helo ?? "", mailFrom: sender.address };
      this.query = query;
      this.spf = checkSpf(query, { ...options, maxVoidLookups: spf.maxVoidLookups });
      context.results.expect(this.spf.then((result) => [spfAuthResult(result)]));
    }
    if (iprev && client !== "") {
      this.#iprev = checkIprev(client, options).then(({ result, name, reason }) => ({
        method: "iprev",
        result,
        comment: name,
        reason: result === "pass" ? undefined : reason,
        properties: [{ ptype: "policy", property: "iprev", value: client }],
      }));
      context.results.expect(this.#iprev.then((result) => [result]));
    }
  }

  /** A header field. */
  header(field: HeaderField): void {
    if (this.exempt !== undefined) return;
    this.#guarded(() => {
      this.#verifier?.header(field.nameBytes, field.rawValueBytes);
      if (field.is("From")) this.#from.push(field.valueBytes);
    });
  }

  /** The header is complete: begins to look up keys and policies. */
  eoh(context: CheckContext): void {
    if (this.exempt !== undefined) return;
    const { exemptions, resolver, dmarc } = this.#settings;
    this.#guarded(() => {
      this.authors = authorDomains(this.#from);
      this.exempt = authorExemption(exemptions, this.authors);
      if (this.exempt !== undefined) return;
      this.#verifier?.endOfHeaders(context.signal);
      if (dmarc) {
        this.#dmarc = new DmarcEvaluation(dmarcAuthors(this.#from), { resolver, signal: context.signal });
      }
    });
  }

  /** A chunk of the body. */
  body(chunk: Uint8Array): void {
    this.#guarded(() => this.#verifier?.body(chunk));
  }

  /**
   * Waits for all results. Those of DKIM are added to the results of the message; SPF's and iprev's are there already.
   *
   * @throws what went wrong in this program
   */
  async finish(context: CheckContext): Promise<Findings> {
    if (this.#error) throw this.#error.cause;
    const { dkim: settings } = this.#settings;
    const [spf, dkim, iprev] = await Promise.all([this.spf, this.#verifier?.finish(), this.#iprev]);
    if (dkim) context.results.add(...dkimAuthResults(dkim, settings?.reportLength));
    const identifiers = { spf: spfInput(spf, context), dkim: dkim ?? dkimInputs(context) };
    const dmarc = await this.#dmarc?.finish(identifiers);
    const passed = [
      ...(identifiers.spf?.result === "pass" ? [identifiers.spf.domain] : []),
      ...identifiers.dkim.filter(({ status }) => status === "pass").map(({ domain }) => domain),
    ].filter((domain) => domain !== undefined);
    return { spf, dkim, dmarc, others: iprev ? [iprev] : [], passed };
  }

  /**
   * Keeps an error for the end of the message. If it were thrown at once, a message to be accepted would skip this filter, and
   * forged results would pass.
   */
  #guarded(work: () => void): void {
    if (this.#error !== undefined) return;
    try {
      work();
    } catch (cause) {
      this.#error = { cause };
    }
  }
}

/**
 * SPF's result for MAIL FROM, from this filter or from an earlier one. HELO's result counts only for a null sender, for which
 * RFC 7208 section 2.4 makes it MAIL FROM's: otherwise anyone could pass by a HELO of their own (CVE-2019-20790).
 */
function spfInput(own: SpfResult | undefined, context: CheckContext): DmarcSpfInput | undefined {
  const isNull = (context.sender?.address ?? "") === "";
  if (own) {
    return own.identity === "mailfrom" || isNull ? { result: own.result, domain: own.domain } : undefined;
  }
  for (const { result, properties = [] } of context.results.of("spf")) {
    const value = (name: string) =>
      properties.find(({ ptype, property }) => ptype === "smtp" && property === name)?.value;
    const name = value("mailfrom") ?? (isNull ? value("helo") : undefined);
    if (name !== undefined) return { result, domain: name.slice(name.lastIndexOf("@") + 1).toLowerCase() };
  }
  return undefined;
}

/** The results of DKIM of earlier filters. */
function dkimInputs(context: CheckContext): DmarcDkimInput[] {
  return context.results.of("dkim").map(({ result, properties = [] }) => ({
    status: result,
    domain: properties.find(({ ptype, property }) => ptype === "header" && property === "d")?.value
      .toLowerCase(),
  }));
}
