/**
 * The keywords of `opendkim.conf` about checking signatures.
 *
 * @module
 */

import { type Keyword, noted, taken } from "./keyword.ts";

const LUA = "Lua scripts are not supported; write a filter in TypeScript and put it after dkim-check";
const DNSSEC = "dkim-check leaves DNSSEC to the resolver: use one that validates";
const REPORTS = "dkim-check sends no failure reports";
const VBR = "VBR (RFC 5518) is not supported: no vouching service is left";
const REPUTATION = "Milterkit keeps no reputation of domains";

/** In the order of the alphabet. */
export const CHECKING_KEYWORDS: readonly Keyword[] = [
  noted("AllowSHA1Only", "boolean", "dkim-check always supports SHA-256"),
  noted(
    "AlwaysAddARHeader",
    "boolean",
    "dkim-check always reports a result, dkim=none for mail without a signature",
  ),
  taken("AuthservID", "string", "`authserv-id`"),
  noted("AuthservIDWithJobID", "boolean", "the id of the results does not contain the queue ID"),
  noted("BogusKey", "string", DNSSEC),
  noted(
    "CaptureUnknownErrors",
    "boolean",
    "on-error of dkim-check says what happens to mail if the filter itself fails",
  ),
  taken("ClockDrift", "integer", "`clock-drift` of dkim-check"),
  noted(
    "DiagnosticDirectory",
    "string",
    "dkim-check writes no files; milterkit explain FILE says why a signature fails",
  ),
  noted(
    "DomainKeysCompat",
    "boolean",
    "dkim-check does not support DomainKeys, which RFC 4871 replaced in 2007",
  ),
  noted("FinalPolicyScript", "string", LUA),
  noted("IgnoreMalformedMail", "boolean", "dkim-check reports a result for malformed mail too"),
  taken("KeepAuthResults", "boolean", "`strip` of dkim-check"),
  noted(
    "MaximumHeaders",
    "integer",
    "max-header-bytes of dkim-check limits what is checked, limit-header-size what is accepted",
  ),
  taken("MaximumSignaturesToVerify", "integer", "`max-signatures` of dkim-check"),
  noted(
    "Minimum",
    "string",
    "length-tag of dkim-check says how to treat a signature that leaves part of the body unsigned",
  ),
  taken("MinimumKeyBits", "integer", "`min-key-bits` of dkim-check"),
  noted("MTACommand", "string", REPORTS),
  noted("MustBeSigned", "string", "dkim-check requires no field other than From to be signed"),
  noted("NoHeaderB", "boolean", "results have header.b if it tells two signatures apart"),
  taken("On-BadSignature", "string", "`on-fail` of dkim-check"),
  taken("On-Default", "string", "the other actions"),
  taken("On-DNSError", "string", "`on-dns-error` of dkim-check"),
  taken("On-InternalError", "string", "`on-error` of dkim-check"),
  taken("On-KeyNotFound", "string", "`on-no-key` of dkim-check"),
  taken("On-NoSignature", "string", "`on-none` of dkim-check"),
  noted("On-ReputationError", "string", REPUTATION),
  noted(
    "On-Security",
    "string",
    "limit-header-size sets the largest header, and a message above a limit is refused",
  ),
  noted("Quarantine", "boolean", 'on-fail = "quarantine" of dkim-check holds mail whose signature fails'),
  noted("RedirectFailuresTo", "string", "dkim-check changes no recipients; on-fail says what happens"),
  noted("RemoveARAll", "boolean", "strip of dkim-check says which Authentication-Results fields are removed"),
  noted("RemoveARFrom", "string", "strip of dkim-check says which Authentication-Results fields are removed"),
  noted("ReportAddress", "string", REPORTS),
  noted("ReportBccAddress", "string", REPORTS),
  noted(
    "RequiredHeaders",
    "boolean",
    "neither filter requires Date and the like; dkim-sign does not sign a message with two From fields or none",
  ),
  noted("ScreenPolicyScript", "string", LUA),
  noted("SendReports", "boolean", REPORTS),
  noted("SMTPURI", "string", REPORTS),
  noted(
    "StrictHeaders",
    "boolean",
    "neither filter requires Date and the like; dkim-sign does not sign a message with two From fields or none",
  ),
  noted("TestDNSData", "string", "dns-records reads records from a file, in another format"),
  noted("TestPublicKeys", "string", "dns-records reads records from a file, in another format"),
  noted("TrustAnchorFile", "string", DNSSEC),
  noted(
    "TrustSignaturesFrom",
    "string",
    "require-from-domain of dkim-check counts only signatures of the author's domain",
  ),
  noted("UnprotectedKey", "string", DNSSEC),
  noted("VBR-Certifiers", "string", VBR),
  noted("VBR-PurgeFields", "boolean", VBR),
  noted("VBR-TrustedCertifiers", "string", VBR),
  noted("VBR-TrustedCertifiersOnly", "boolean", VBR),
  noted("VBR-Type", "string", VBR),
  noted("WeakSyntaxChecks", "boolean", "dkim-check reports a result for malformed mail too"),
  ...["Cache", "Duplicates", "LimitModifiers", "Limits", "LowTime", "RRDRoot", "Ratios", "SpamCheck"].map((
    name,
  ) => noted(`Reputation${name}`, "string", REPUTATION)),
  ...["CacheTTL", "Minimum", "RRDHashDepth", "TimeFactor", "Timeout"].map((name) =>
    noted(`Reputation${name}`, "integer", REPUTATION)
  ),
  ...["Test", "Verbose"].map((name) => noted(`Reputation${name}`, "boolean", REPUTATION)),
];
