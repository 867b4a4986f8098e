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
import type {
  DmarcDkimInput,
  DmarcIdentifiers,
  DmarcResult,
  DmarcSpfInput,
} from "../../lib/auth/dmarc/results.ts";
import { checkIprev } from "../../lib/auth/iprev.ts";
import { spfAuthResult } from "../../lib/auth/spf/auth_result.ts";
import { checkSpf, type SpfQuery } from "../../lib/auth/spf/check_spf.ts";
import type { SpfResult } from "../../lib/auth/spf/results.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { unmappedAddress } from "../../lib/options/network.ts";
import type { CheckSettings } from "./check_settings.ts";
import { authorExemption, clientExemption } from "./exemption.ts";

/** The context of a message, as far as the checks need it. */
export type MailContext = Pick<
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

/**
 * The longest wait for SPF at recipients, in milliseconds: well below the filter's time limit there
 * (--callback-timeout), so that slow name servers do not make the filter fail.
 */
export const RECIPIENT_WAIT = 5000;

/** Before the header has ended, the authors are unknown. */
const UNKNOWN: Authors = authorDomains([]);

/** The checks of one message. */
export class MessageCheck {
  /** Why the message is not checked; undefined if it is. */
  exempt: string | undefined;
  /** The authors, once the header is complete and if they are needed. */
  authors: Authors = UNKNOWN;
  /** The result of SPF, once the check has begun. It rejects only for an error in this program. */
  spf: Promise<SpfResult> | undefined;
  /** Whether the recipients were accepted without the result of SPF, so that it counts at the end. */
  spfIsLate = false;
  /** The SPF query. */
  query: SpfQuery | undefined;
  readonly #settings: CheckSettings;
  readonly #verifier: DkimVerifier | undefined;
  readonly #from: Uint8Array[] = [];
  /** The result of SPF as it is in the results of the message. */
  #spfAdded: AuthResult | undefined;
  #spfAtRecipient: Promise<SpfResult | undefined> | undefined;
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
  mail(sender: EnvelopeAddress, context: MailContext): void {
    const { exemptions, resolver, lookupTimeout, clock, spf, iprev } = this.#settings;
    this.exempt = clientExemption(exemptions, context);
    if (this.exempt !== undefined) return;
    // Without a zone, which names an interface of this machine.
    const client = unmappedAddress((context.client?.address ?? "").replace(/%.*$/s, ""));
    const options = { resolver, deadline: lookupTimeout, clock, signal: context.signal };
    if (spf) {
      // Only <> is the null sender, for which HELO counts, not <@a.example:>, which leaves no mailbox either.
      const query = { client, helo: context.helo ?? "", mailFrom: sender.mailbox || sender.address };
      this.query = query;
      this.spf = checkSpf(query, {
        ...options,
        maxVoidLookups: spf.maxVoidLookups,
        receiver: this.#settings.authservId,
      });
    }
    if (iprev && client !== "") {
      this.#iprev = checkIprev(client, options).then(({ result, name, reason }) => ({
        method: "iprev",
        result,
        comment: name,
        reason: result === "pass" ? undefined : reason,
        properties: [{ ptype: "policy", property: "iprev", value: client }],
      }));
    }
    if (this.spf || this.#iprev) context.results.expect(this.#envelopeResults());
  }

  /** What is known from the envelope, always in the same order. */
  async #envelopeResults(): Promise<readonly AuthResult[]> {
    const [spf, iprev] = await Promise.allSettled([this.spf, this.#iprev]);
    if (spf.status === "fulfilled" && spf.value) this.#spfAdded = spfAuthResult(spf.value);
    const results = [this.#spfAdded, iprev.status === "fulfilled" ? iprev.value : undefined];
    return results.filter((result) => result !== undefined);
  }

  /**
   * The result of SPF for a recipient; undefined if it is not there within {@linkcode RECIPIENT_WAIT} from the first
   * one on. Then it is undefined for all of them, even if it arrives later, so that the end of the message decides for
   * all.
   */
  spfAtRecipient(): Promise<SpfResult | undefined> {
    return this.#spfAtRecipient ??= this.#waitForSpf();
  }

  async #waitForSpf(): Promise<SpfResult | undefined> {
    let callOff: (() => void) | undefined;
    const tooLate = new Promise<undefined>((resolve) => {
      callOff = this.#settings.clock.after(RECIPIENT_WAIT, () => resolve(undefined));
    });
    try {
      const result = await Promise.race([this.spf, tooLate]);
      this.spfIsLate = result === undefined && this.spf !== undefined;
      return result;
    } catch {
      // An error in this program: the end of the message reports it, and removes forged results.
      return undefined;
    } finally {
      callOff?.();
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
  eoh(context: MailContext): void {
    if (this.exempt !== undefined) return;
    const { exemptions, resolver, dmarc } = this.#settings;
    this.#guarded(() => {
      this.authors = authorDomains(this.#from);
      this.exempt = authorExemption(exemptions, this.authors);
      if (this.exempt !== undefined) return;
      this.#verifier?.endOfHeaders(context.signal);
      if (dmarc) {
        this.#dmarc = new DmarcEvaluation(dmarcAuthors(this.#from, this.authors), {
          resolver,
          signal: context.signal,
        });
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
  async finish(context: MailContext): Promise<Findings> {
    if (this.#error) throw this.#error.cause;
    const { dkim: settings } = this.#settings;
    const [spf, dkim, iprev] = await Promise.all([this.spf, this.#verifier?.finish(), this.#iprev]);
    const identifiers = this.#identifiers(spf, dkim ?? [], context);
    if (dkim) context.results.add(...dkimAuthResults(dkim, settings?.reportLength));
    const dmarc = await this.#dmarc?.finish(identifiers);
    const passed = [
      ...(identifiers.spf?.result === "pass" ? [identifiers.spf.domain] : []),
      ...identifiers.dkim.filter(({ status }) => status === "pass").map(({ domain }) => domain),
    ].filter((domain) => domain !== undefined).map((domain) => domain.toLowerCase());
    return { spf, dkim, dmarc, others: iprev ? [iprev] : [], passed };
  }

  /** What was found here and before, for DMARC. */
  #identifiers(
    spf: SpfResult | undefined,
    dkim: readonly DkimResult[],
    { results, sender }: MailContext,
  ): DmarcIdentifiers & { readonly dkim: readonly DmarcDkimInput[] } {
    const isNull = (sender?.address ?? "") === "";
    const before = {
      spf: results.of("spf").filter((result) => result !== this.#spfAdded),
      dkim: results.of("dkim"),
    };
    if (!spf && !this.#verifier && before.spf.length + before.dkim.length === 0) {
      // It was not checked, which is not a failure of the message.
      return { spf: { result: "temperror" }, dkim: [] };
    }
    return {
      spf: spfInput(spf, before.spf, isNull),
      dkim: [...dkim, ...before.dkim.map(dkimInput)],
    };
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
 * SPF's result for MAIL FROM, from this filter or from those before it. A pass from those takes precedence: the client
 * that this filter sees is then a trusted relay, which the sender's domain need not permit.
 */
function spfInput(
  own: SpfResult | undefined,
  before: readonly AuthResult[],
  isNull: boolean,
): DmarcSpfInput | undefined {
  const inputs = before.map((result) => spfInputOf(result, isNull)).filter((input) => input !== undefined);
  const ofOwn = own && (own.identity === "mailfrom" || isNull)
    ? { result: own.result, domain: own.domain }
    : undefined;
  return inputs.find(({ result }) => result === "pass") ?? ofOwn ?? inputs[0];
}

/**
 * HELO's result counts only for a null sender, for which RFC 7208 section 2.4 uses it for MAIL FROM: otherwise anyone
 * could pass with a HELO name of their own (CVE-2019-20790).
 */
function spfInputOf({ result, properties = [] }: AuthResult, isNull: boolean): DmarcSpfInput | undefined {
  const value = (name: string) =>
    properties.find(({ ptype, property }) => ptype === "smtp" && property === name)?.value;
  const name = value("mailfrom") ?? (isNull ? value("helo") : undefined);
  if (name !== undefined) return { result, domain: name.slice(name.lastIndexOf("@") + 1).toLowerCase() };
  // From a failed filter, so it is unknown for which domain it would have passed.
  return result === "temperror" && properties.length === 0 ? { result } : undefined;
}

function dkimInput({ result, properties = [] }: AuthResult): DmarcDkimInput {
  const domain = properties.find(({ ptype, property }) => ptype === "header" && property === "d")?.value;
  return { status: result, domain: domain?.toLowerCase() };
}
