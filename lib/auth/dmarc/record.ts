/**
 * Parses DMARC policy records (RFC 9989 sections 4.7 and 4.8).
 *
 * @module
 */
import { trimFws } from "../bytes.ts";
import { isReportUri, withoutReportSize } from "./report_uri.ts";

/** What a domain asks receivers to do with mail that fails, from the mildest to the strictest. */
export type DmarcPolicy = "none" | "quarantine" | "reject";

/** Whether identifiers must equal the author's domain (`s`), or only share its organizational domain (`r`). */
export type DmarcAlignmentMode = "r" | "s";

/** Whether a record is for a public suffix (`y`), for an organizational domain (`n`), or does not say (`u`). */
export type DmarcPsd = "y" | "n" | "u";

/** What failure reports are wanted for (`fo=`). */
export type DmarcFailureOption = "0" | "1" | "d" | "s";

/** A record with a policy. Each tag that is missing or has a bad value has its default. */
export interface DmarcRecord {
  /** Always `record`. */
  readonly kind: "record";
  /** p=, for the domain of the record, and for subdomains unless `sp` or `np` says otherwise. */
  readonly p: DmarcPolicy;
  /** sp=, for subdomains; undefined if there is none. */
  readonly sp: DmarcPolicy | undefined;
  /** np=, for subdomains that do not exist; undefined if there is none. */
  readonly np: DmarcPolicy | undefined;
  /** adkim=, by default `r`. */
  readonly adkim: DmarcAlignmentMode;
  /** aspf=, by default `r`. */
  readonly aspf: DmarcAlignmentMode;
  /** t=y: the domain is only testing its policy, and expects one that is a step milder. */
  readonly testing: boolean;
  /** psd=, by default `u`. */
  readonly psd: DmarcPsd;
  /** rua=: valid URIs for aggregate reports, without the obsolete size. */
  readonly rua: readonly string[];
  /** ruf=: valid URIs for failure reports, without the obsolete size. */
  readonly ruf: readonly string[];
  /** fo=, by default `0`. Without `ruf` it means nothing. */
  readonly fo: readonly DmarcFailureOption[];
  /** Why the record counts as `p=none` although it says something else, if it does: a short clause. */
  readonly replaced: string | undefined;
}

/** A DMARC record that has no valid policy and nobody to report that to: it stops DMARC (RFC 9989 section 4.10.1). */
export interface UnusableDmarcRecord {
  /** Always `unusable`. */
  readonly kind: "unusable";
  /** One short clause, without bytes of the record. */
  readonly problem: string;
  /** psd=, which ends a tree walk all the same. */
  readonly psd: DmarcPsd;
}

/** A text that does not begin with `v=DMARC1`: it is discarded (RFC 9989 section 4.10). */
export interface NoDmarcRecord {
  /** Always `foreign`. */
  readonly kind: "foreign";
  /** One short clause, without bytes of the text. */
  readonly problem: string;
}

/** What a TXT record is for DMARC. */
export type ParsedDmarcRecord = DmarcRecord | UnusableDmarcRecord | NoDmarcRecord;

const POLICIES: readonly DmarcPolicy[] = ["none", "quarantine", "reject"];
const MODES: readonly DmarcAlignmentMode[] = ["r", "s"];
const PSD: readonly DmarcPsd[] = ["y", "n", "u"];
const FAILURE_OPTIONS: readonly DmarcFailureOption[] = ["0", "1", "d", "s"];

/**
 * Parses the text of a TXT record.
 *
 * The first tag must be `v` with exactly the value `DMARC1`. Names of tags, and the values of all others, ignore case.
 * Unknown tags, those of RFC 7489 that are gone (`pct`, `rf`, `ri`), and what is no tag are ignored. A bad value counts as
 * a missing tag. If `p` is missing or bad, or `sp` or `np` is bad, a record with a valid URI in `rua` counts as `p=none`
 * alone, and one without is unusable (RFC 9989 section 4.10.1).
 *
 * RFC 9989 does not say what a tag means that occurs twice. If both have the same value but for case, that is its value; otherwise the tag
 * has a bad value, since no choice between the two is safe. Only the first `v` counts. White space is that of RFC 6376
 * section 3.2, so it may also stand before the first tag.
 *
 * @param text the record's strings joined, one character per byte
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseDmarcRecord } from "../../auth.ts";
 *
 * const record = parseDmarcRecord("v=DMARC1; p=reject; sp=none; pct=20; rua=mailto:dmarc@example.org!10m");
 * assert.equal(record.kind, "record");
 * if (record.kind === "record") {
 *   assert.deepEqual([record.p, record.sp, record.adkim], ["reject", "none", "r"]);
 *   assert.deepEqual(record.rua, ["mailto:dmarc@example.org"]);
 * }
 * assert.equal(parseDmarcRecord("v=DMARC1; p=rejct").kind, "unusable");
 * assert.equal(parseDmarcRecord("v=spf1 -all").kind, "foreign");
 * ```
 */
export function parseDmarcRecord(text: string): ParsedDmarcRecord {
  const [version = "", ...rest] = text.split(";");
  const first = tagOf(version);
  if (first?.name !== "v") return { kind: "foreign", problem: "it does not begin with v=DMARC1" };
  if (first.value !== "DMARC1") return { kind: "foreign", problem: "its version is not DMARC1" };
  const tags = tagsOf(rest);
  const psd = oneOf(PSD, tags.get("psd")) ?? "u";
  const rua = urisOf(tags.get("rua"));
  const policies = policiesOf(tags);
  if ("problem" in policies && rua.length === 0) {
    return { kind: "unusable", problem: `${policies.problem}, and there is no valid rua=`, psd };
  }
  const { p, sp, np, replaced } = "problem" in policies
    ? { p: "none" as const, sp: undefined, np: undefined, replaced: policies.problem }
    : { ...policies, replaced: undefined };
  return {
    kind: "record",
    p,
    sp,
    np,
    adkim: oneOf(MODES, tags.get("adkim")) ?? "r",
    aspf: oneOf(MODES, tags.get("aspf")) ?? "r",
    testing: tags.get("t")?.toLowerCase() === "y",
    psd,
    rua,
    ruf: urisOf(tags.get("ruf")),
    fo: failureOptionsOf(tags.get("fo")),
    replaced,
  };
}

/** A tag with its value, which may be empty; undefined for what is no tag. White space at the ends of both is left out. */
function tagOf(text: string): { readonly name: string; readonly value: string } | undefined {
  const equals = text.indexOf("=");
  if (equals < 0) return undefined;
  return { name: trimFws(text.slice(0, equals)).toLowerCase(), value: trimFws(text.slice(equals + 1)) };
}

/** The tags after `v`. A bad value is empty. */
function tagsOf(texts: readonly string[]): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const text of texts) {
    const tag = tagOf(text);
    if (tag === undefined) continue;
    const value = /^[\x20-\x7e]*$/.test(tag.value) ? tag.value : "";
    const before = tags.get(tag.name) ?? value;
    tags.set(tag.name, before.toLowerCase() === value.toLowerCase() ? before : "");
  }
  return tags;
}

type Policies =
  | { readonly p: DmarcPolicy; readonly sp: DmarcPolicy | undefined; readonly np: DmarcPolicy | undefined }
  | { readonly problem: string };

function policiesOf(tags: ReadonlyMap<string, string>): Policies {
  const p = oneOf(POLICIES, tags.get("p"));
  if (p === undefined) return { problem: tags.has("p") ? "p= has no valid value" : "p= is missing" };
  const sp = oneOf(POLICIES, tags.get("sp"));
  if (sp === undefined && tags.has("sp")) return { problem: "sp= has no valid value" };
  const np = oneOf(POLICIES, tags.get("np"));
  if (np === undefined && tags.has("np")) return { problem: "np= has no valid value" };
  return { p, sp, np };
}

function oneOf<T extends string>(values: readonly T[], value: string | undefined): T | undefined {
  const wanted = value?.toLowerCase();
  return values.find((one) => one === wanted);
}

function urisOf(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  return value.split(",").map((item) => withoutReportSize(trimFws(item))).filter(isReportUri);
}

function failureOptionsOf(value: string | undefined): readonly DmarcFailureOption[] {
  const items = (value ?? "0").split(":").map((item) => oneOf(FAILURE_OPTIONS, trimFws(item)));
  const options = items.filter((item) => item !== undefined);
  const distinct = new Set(options).size === items.length;
  return distinct && !(options.includes("0") && options.includes("1")) ? options : ["0"];
}
