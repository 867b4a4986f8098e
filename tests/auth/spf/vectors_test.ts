// Vectors of other projects' suites, among them that of RFC 7208: see tests/support/vectors.ts.
import assert from "node:assert/strict";
import { checkSpf } from "../../../lib/auth/spf/check_spf.ts";
import { present } from "../../support/present.ts";
import { vectorsOf } from "../../support/vectors.ts";
import { type Zone, zoneResolver } from "./support.ts";

interface Vectors {
  readonly zones: Readonly<Record<string, Zone>>;
  readonly cases: readonly SpfCase[];
}

interface SpfCase {
  readonly id: string;
  readonly zone: string;
  readonly ip: string;
  readonly helo: string;
  readonly mailfrom: string;
  readonly expect: readonly string[];
  /** DEFAULT where the domain gives none. */
  readonly explanation?: string;
}

/** Where we disagree on purpose, with the RFC's words. */
const DISAGREEMENTS: ReadonlyMap<string, string> = new Map([]);

const { vectorTest, vectors, skip } = vectorsOf<Vectors>("spf.json");

vectorTest("vectors from other projects agree, or are named with the reason", { skip }, async () => {
  const { zones, cases } = present(vectors, "vectors");
  const unexpected: string[] = [];
  const disagreed = new Set<string>();
  for (const { id, zone, ip, helo, mailfrom, expect, explanation } of cases) {
    const resolver = zoneResolver(present(zones[zone], zone));
    const result = await checkSpf({ client: ip, helo, mailFrom: mailfrom }, { resolver });
    const wrong = !expect.includes(result.result) ||
      // Hexadecimal digits may be in either case.
      explanation !== undefined &&
        (result.explanation ?? "DEFAULT").toLowerCase() !== explanation.toLowerCase();
    if (!wrong) continue;
    if (DISAGREEMENTS.has(id)) disagreed.add(id);
    else unexpected.push(`${id}: wanted ${expect} ${explanation ?? ""}, got ${JSON.stringify(result)}`);
  }
  assert.deepEqual(unexpected, []);
  assert.deepEqual([...DISAGREEMENTS.keys()].filter((id) => !disagreed.has(id)), [], "agrees by now");
  assert.ok(cases.length > 200, `${cases.length} cases`);
});
