/**
 * Checks who sent a message, without a filter and without an MTA: verifies DKIM signatures, checks SPF and the client's
 * name, evaluates DMARC, finds the authors that From names, and writes header fields with the results. Also makes DKIM
 * signatures and their keys.
 *
 * @example A message in a file, with keys from DNS
 * ```ts
 * import { authenticationResults, StubResolver, verifyDkim } from "./auth.ts";
 *
 * const message = new TextEncoder().encode("From: joe@example.org\n\nHello\n"); // or what a file has
 * const resolver = new StubResolver({ deadline: 3000 });
 * const results = await verifyDkim(message, { resolver });
 * console.log(authenticationResults("mx.example.net", results)); // mx.example.net; dkim=none
 * resolver.close();
 * ```
 *
 * @module
 */

export { verifyDkim, type VerifyDkimOptions } from "./auth/dkim/verify_dkim.ts";
export { DkimVerifier, type DkimVerifierOptions } from "./auth/dkim/verifier.ts";
export type { DkimResult, DkimStatus } from "./auth/dkim/results.ts";
export { signDkim, type SignDkimOptions } from "./auth/dkim/sign_dkim.ts";
export { type DkimSignature, DkimSigner } from "./auth/dkim/signer.ts";
export type { DkimSigningKey, DkimSigningOptions } from "./auth/dkim/signing_options.ts";
export { DkimSigningError, type DkimSigningErrorCode } from "./auth/dkim/signing_error.ts";
export {
  DEFAULT_OVERSIGNED_HEADERS,
  DEFAULT_SIGNED_HEADERS,
  unsignableHeader,
} from "./auth/dkim/signed_fields.ts";
export {
  DkimKeyError,
  type DkimPrivateKey,
  generateDkimKey,
  parseDkimPrivateKey,
} from "./auth/dkim/private_key.ts";
export { dkimKeyRecord, type DkimKeyRecordOptions } from "./auth/dkim/dns_record.ts";
export {
  authenticationResults,
  type AuthProperty,
  type AuthResult,
  dkimAuthResults,
  formatAuthResults,
  isAuthservId,
  uncheckedResults,
} from "./auth/authentication_results.ts";
export {
  dmarcAuthors,
  DmarcEvaluation,
  type DmarcEvaluationOptions,
  evaluateDmarc,
} from "./auth/dmarc/evaluation.ts";
export type {
  DmarcAuthorResult,
  DmarcDkimInput,
  DmarcIdentifierCheck,
  DmarcIdentifiers,
  DmarcResult,
  DmarcSpfInput,
  DmarcStatus,
} from "./auth/dmarc/results.ts";
export {
  type DmarcAlignmentMode,
  type DmarcFailureOption,
  type DmarcPolicy,
  type DmarcPsd,
  type DmarcRecord,
  type NoDmarcRecord,
  type ParsedDmarcRecord,
  parseDmarcRecord,
  type UnusableDmarcRecord,
} from "./auth/dmarc/record.ts";
export { dmarcAuthResult } from "./auth/dmarc/auth_result.ts";
export { spfAuthResult } from "./auth/spf/auth_result.ts";
export { checkSpf, type CheckSpfOptions, type SpfQuery } from "./auth/spf/check_spf.ts";
export type { SpfIdentity, SpfLookupCounts, SpfResult, SpfStatus, SpfStep } from "./auth/spf/results.ts";
export { receivedSpf } from "./auth/spf/received_spf.ts";
export { checkIprev, type CheckIprevOptions, type IprevResult, type IprevStatus } from "./auth/iprev.ts";
export { type AuthResultsField, parseAuthResults } from "./auth/parse_auth_results.ts";
export { authservIdOf, OwnResultsFinder } from "./auth/authserv_id.ts";
export { type AuthorDomains, authorDomains, type AuthorProblem, type Authors } from "./auth/author.ts";
export { StubResolver, type StubResolverOptions } from "./dns/stub.ts";
export { parseRecordsFile, RecordsFileError } from "./dns/records_file.ts";
export { type StaticAnswers, StaticResolver } from "./dns/static_resolver.ts";
export type {
  DnsAbsent,
  DnsAnswer,
  DnsFailure,
  DnsFound,
  DnsRecordData,
  MxRecord,
  Resolver,
  TxtAnswer,
  TxtResolver,
} from "./dns/resolver.ts";
export type { Clock } from "./time/clock.ts";
