/**
 * Selects the record and the policy that apply to an author's domain (RFC 9989 section 4.10.1).
 *
 * @module
 */
import type { DmarcPolicy, DmarcRecord } from "./record.ts";
import type { DmarcTreeWalker, DmarcWalk, DmarcWalkStep } from "./tree_walk.ts";

/** The record that applies, or why there is none. */
export type SelectedRecord =
  | { readonly domain: string; readonly record: DmarcRecord }
  | { readonly result: "none" | "temperror"; readonly reason: string };

/**
 * The record of the author's domain; otherwise that of its organizational domain; otherwise that of the public suffix. One
 * between these is not used.
 */
export function selectRecord(walk: DmarcWalk): SelectedRecord {
  const [own] = walk.steps;
  if (own?.record !== undefined) return usable(own);
  const failed = walk.steps.find(({ outcome }) => outcome === "failed");
  if (failed !== undefined) {
    return { result: "temperror", reason: `the policy is not known: ${failed.name}: ${failed.detail}` };
  }
  const found =
    walk.steps.find(({ domain, record }) => record !== undefined && domain === walk.organizationalDomain) ??
      walk.steps.find(({ record }) => record?.psd === "y");
  if (found !== undefined) return usable(found);
  return { result: "none", reason: `${walk.domain} publishes no DMARC record` };
}

function usable({ domain, record, detail }: DmarcWalkStep): SelectedRecord {
  if (record?.kind === "record") return { domain, record };
  return { result: "none", reason: `${domain} publishes ${detail}` };
}

/** The policy for failing mail. */
export interface AppliedPolicy {
  /** After `t`. */
  readonly policy: DmarcPolicy;
  /** The tag that it is from. */
  readonly tag: "p" | "sp" | "np";
  /** Its choice in words. */
  readonly detail: string;
}

/**
 * The policy of a record for an author's domain. Whether the domain exists is looked up only if it makes a difference.
 *
 * @returns why it is not known, if the lookup failed
 */
export async function policyFor(
  author: string,
  { domain, record }: { readonly domain: string; readonly record: DmarcRecord },
  walker: DmarcTreeWalker,
): Promise<AppliedPolicy | { readonly problem: string }> {
  if (author === domain) return after(record, "p", record.p, `p= of its own record`);
  const [tag, policy] = record.sp === undefined ? ["p" as const, record.p] : ["sp" as const, record.sp];
  if (record.np === undefined || record.np === policy) {
    return after(record, tag, policy, `${tag}= of ${domain}`);
  }
  const exists = await walker.exists(author);
  if (exists === undefined) {
    return { problem: `the policy is not known: the lookup of whether ${author} exists failed` };
  }
  return exists
    ? after(record, tag, policy, `${tag}= of ${domain}, since ${author} exists`)
    : after(record, "np", record.np, `np= of ${domain}, since ${author} does not exist`);
}

/** RFC 9989 section 4.7: t=y makes a policy one step milder. */
function after(
  record: DmarcRecord,
  tag: AppliedPolicy["tag"],
  published: DmarcPolicy,
  detail: string,
): AppliedPolicy {
  if (!record.testing || published === "none") return { policy: published, tag, detail };
  const policy = published === "reject" ? "quarantine" : "none";
  return { policy, tag, detail: `${detail}, a step milder than ${published} since t=y` };
}
