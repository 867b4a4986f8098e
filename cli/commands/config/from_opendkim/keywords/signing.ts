/**
 * The keywords of `opendkim.conf` about signing.
 *
 * @module
 */

import { type Keyword, noted, refused, taken } from "./keyword.ts";

const LUA =
  "Lua scripts are not supported; use tables to say who is signed with which key, or write a filter in TypeScript";
const POLICY = `${LUA}. Then remove this line`;

/** In the order of the alphabet. */
export const SIGNING_KEYWORDS: readonly Keyword[] = [
  noted(
    "ATPSDomains",
    "string",
    "dkim-sign adds no tags for ATPS (RFC 6541), an experiment that no large receiver reads",
  ),
  noted("ATPSHashAlgorithm", "string", "dkim-sign adds no tags for ATPS (RFC 6541)"),
  noted(
    "BodyLengthDB",
    "string",
    "no signature gets l=: with it, anyone can add text to a message that you signed. body-length = true of dkim-sign adds l= to all signatures",
  ),
  taken("Canonicalization", "string", "`canonicalization` of dkim-sign"),
  refused("DefaultSender", "string", "dkim-sign takes the author only from the message; remove this line"),
  noted("Diagnostics", "boolean", "dkim-sign adds no copy of the header (z=)"),
  taken("Domain", "string", "`key` of dkim-sign, one for each domain"),
  taken("DontSignMailTo", "string", "`not-to` of dkim-sign"),
  taken("ExemptDomains", "string", "`sign` of dkim-sign with `none`; `exempt-domain` of dkim-check"),
  noted(
    "ExternalIgnoreList",
    "string",
    "it only keeps OpenDKIM from logging; mail of these hosts is signed by neither program",
  ),
  noted("FixCRLF", "boolean", "dkim-sign signs what the MTA will send"),
  noted("IdentityHeader", "string", "dkim-sign does not add i=, which receivers do not need"),
  noted("IdentityHeaderRemove", "boolean", "dkim-sign does not read an identity from the header"),
  taken("InternalHosts", "string", "`sign-client` of dkim-sign"),
  taken("KeyFile", "string", "`key` of dkim-sign"),
  taken("KeyTable", "string", "`key` of dkim-sign"),
  refused("LuaOnlySigning", "boolean", POLICY),
  taken("MacroList", "string", "`sign-macro` of dkim-sign"),
  noted(
    "MaximumSignedBytes",
    "integer",
    "dkim-sign signs the whole body; with l=, anyone can add text to a message that you signed",
  ),
  taken("Mode", "string", "dkim-sign for s, dkim-check for v"),
  taken("MTA", "string", '`sign-macro = "daemon_name=NAME"` of dkim-sign'),
  taken("MultipleSignatures", "boolean", "`sign-all` of dkim-sign"),
  taken("OmitHeaders", "string", "`headers` of dkim-sign, without these"),
  taken("On-SignatureError", "string", "`on-error` of dkim-sign"),
  taken("OversignHeaders", "string", "`oversign` of dkim-sign"),
  taken("PeerList", "string", "`not-client` of both filters"),
  refused(
    "POPDBFile",
    "string",
    "clients are known by login or network only; remove this line if nobody needs POP before SMTP",
  ),
  noted("RemoveOldSignatures", "boolean", "dkim-sign leaves other people's signatures in the message"),
  refused(
    "ReplaceHeaders",
    "string",
    "dkim-sign signs the header as it gets it; remove this line if the MTA rewrites nothing",
  ),
  refused(
    "ReplaceRules",
    "string",
    "dkim-sign signs the header as it gets it; remove this line if the MTA rewrites nothing",
  ),
  noted("RequestReports", "boolean", "dkim-sign does not ask for reports (r=y, RFC 6651)"),
  noted(
    "RequireSafeKeys",
    "boolean",
    "dkim-sign always refuses a key that everyone can read, or that anyone but its owner can write",
  ),
  refused("ResignAll", "boolean", "dkim-sign does not sign other people's mail again; remove this line"),
  refused("ResignMailTo", "string", "dkim-sign does not sign other people's mail again; remove this line"),
  noted(
    "SelectCanonicalizationHeader",
    "string",
    "no header field of a message changes how dkim-sign signs it",
  ),
  taken("Selector", "string", "`key` of dkim-sign"),
  taken("SenderHeaders", "string", "`sender-header` of dkim-sign"),
  refused(
    "SenderMacro",
    "string",
    "dkim-sign takes the author from the message, not from a macro; remove this line",
  ),
  refused("SetupPolicyScript", "string", POLICY),
  taken("SignatureAlgorithm", "string", "nothing: the kind of the key decides"),
  taken("SignatureTTL", "integer", "`lifetime` of dkim-sign"),
  taken("SignHeaders", "string", "`headers` of dkim-sign"),
  taken("SigningTable", "string", "`sign` of dkim-sign, in the order in which OpenDKIM looks"),
  taken("SubDomains", "boolean", "`subdomains` of dkim-sign"),
];
