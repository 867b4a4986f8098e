/**
 * The settings of a filter that checks mail: which methods it runs, and what follows from their results.
 *
 * @module
 */
import type { DkimVerifierOptions } from "../../lib/auth/dkim/verifier.ts";
import type { Resolver } from "../../lib/dns/resolver.ts";
import type { ResultsFieldSettings } from "../../lib/filter/results_field.ts";
import type { Clock } from "../../lib/time/clock.ts";
import type { Action } from "./actions.ts";
import type { DkimFault } from "./dkim_policy.ts";
import type { DmarcExemptions } from "./dmarc_exemptions.ts";
import type { DmarcActions } from "./dmarc_policy.ts";
import type { ExemptionRules } from "./exemption.ts";
import type { SpfActions } from "./spf_policy.ts";

/** Settings of a filter that checks mail. */
export interface CheckSettings {
  /** The authserv-id; undefined for the MTA's own name, or else the host's. */
  readonly authservId: string | undefined;
  /** Which Authentication-Results fields of others are removed, and which are trusted. */
  readonly field: Pick<ResultsFieldSettings, "strip" | "trusted">;
  /** Looks names up. */
  readonly resolver: Resolver;
  /** The most time for all lookups of SPF and of the client's name, in milliseconds. */
  readonly lookupTimeout: number;
  /** The clock for it. */
  readonly clock: Clock;
  /** Whose messages are not checked. */
  readonly exemptions: ExemptionRules;
  /** What to do with a message on which the filter itself fails. */
  readonly onError: Action;
  /** Whether the client's name is checked (RFC 8601 section 3). */
  readonly iprev: boolean;
  /** How SPF is checked; undefined if it is not. */
  readonly spf: SpfSettings | undefined;
  /** How DKIM is checked; undefined if it is not. */
  readonly dkim: DkimSettings | undefined;
  /** How DMARC is evaluated; undefined if it is not. Without SPF or DKIM, it takes the results of earlier filters. */
  readonly dmarc: DmarcSettings | undefined;
}

/** How SPF is checked. */
export interface SpfSettings {
  /** What follows. */
  readonly actions: SpfActions;
  /** The maximum number of terms without an answer. */
  readonly maxVoidLookups: number;
  /** Whether to write Received-SPF too. */
  readonly received: boolean;
}

/** How DKIM is checked. */
export interface DkimSettings {
  /** Limits of the verifier. */
  readonly verifier: Omit<DkimVerifierOptions, "resolver" | "now">;
  /** What follows. */
  readonly actions: Readonly<Record<Exclude<DkimFault, "error">, Action>>;
  /** Whether only signatures of the authors' domains count for the actions. */
  readonly requireAuthor: boolean;
  /** Whether results mention body bytes that l= leaves unsigned. */
  readonly reportLength: boolean;
}

/** How DMARC is evaluated. */
export interface DmarcSettings {
  /** What follows. */
  readonly actions: DmarcActions;
  /** Whose failures have no consequences. */
  readonly exempt: DmarcExemptions;
}
