// How results of DMARC stand in Authentication-Results.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAuthResults } from "../../../lib/auth/authentication_results.ts";
import { dmarcAuthResult } from "../../../lib/auth/dmarc/auth_result.ts";
import type { DmarcPolicy } from "../../../lib/auth/dmarc/record.ts";
import type { DmarcIdentifiers } from "../../../lib/auth/dmarc/results.ts";
import { evaluate, signed, type Zone } from "./support.ts";

const ZONE: Zone = {
  "_dmarc.example.com": ["v=DMARC1; p=reject; sp=none"],
  "_dmarc.tested.example": ["v=DMARC1; p=reject; np=quarantine; t=y"],
  "_dmarc.broken.example": "timeout",
};

async function written(
  domains: string | readonly string[],
  identifiers: DmarcIdentifiers = {},
  disposition?: DmarcPolicy,
): Promise<string> {
  const result = await evaluate(ZONE, domains, identifiers);
  return formatAuthResults("mx", [dmarcAuthResult(result, disposition)]).replaceAll(/\n\t/g, " ");
}

test("a pass has the policies as published, and none that applies", async () => {
  assert.equal(
    await written("example.com", { dkim: [signed("example.com")] }),
    "mx; dmarc=pass (p=reject sp=none d=none) header.from=example.com policy.dmarc=none",
  );
});

test("a fail has the policy that applies, what is done, and why", async () => {
  const why = 'reason="neither SPF nor DKIM passed for example.com"';
  assert.equal(
    await written("example.com"),
    `mx; dmarc=fail (p=reject sp=none d=reject) ${why} header.from=example.com policy.dmarc=reject`,
  );
  assert.equal(
    await written("example.com", {}, "quarantine"),
    `mx; dmarc=fail (p=reject sp=none d=quarantine) ${why} header.from=example.com policy.dmarc=reject`,
  );
  assert.match(
    await written("tested.example"),
    /^mx; dmarc=fail \(p=reject np=quarantine t=y d=quarantine\) .* policy\.dmarc=quarantine$/,
  );
});

test("other results have no policy", async () => {
  assert.equal(
    await written("absent.example"),
    'mx; dmarc=none reason="absent.example publishes no DMARC record" header.from=absent.example',
  );
  assert.match(
    await written("broken.example"),
    /^mx; dmarc=temperror reason="[^"]*timeout[^"]*" header\.from=broken\.example$/,
  );
  assert.equal(
    await written(["a.example", "b.example", "c.example", "d.example"]),
    'mx; dmarc=permerror reason="From names 4 domains, more than 3 are not evaluated"',
  );
});
