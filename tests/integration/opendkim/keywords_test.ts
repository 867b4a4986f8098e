// Debian's manual of opendkim.conf: every keyword has something to say.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { findKeyword } from "../../../cli/commands/config/from_opendkim/keywords.ts";
import { skipFor } from "../../support/instance.ts";

const MANUAL = "/usr/share/man/man5/opendkim.conf.5.gz";

/** Of these, the manual says another kind of value than the program reads. */
const MISTAKEN = /^(LDAPKeepalive\w+|LDAPTimeout|VBR-PurgeFields)$/;

const skip = skipFor(existsSync(MANUAL) ? undefined : `needs ${MANUAL} (Debian: opendkim)`);

test("every keyword of Debian's manual is known, with its kind of value", { skip }, () => {
  const manual = gunzipSync(readFileSync(MANUAL)).toString("latin1");
  const entries = [...manual.matchAll(/^\.I (\S+) \(([^)]+)\)$/gm)]
    .map(([, name = "", type = ""]) => [name.replaceAll("\\-", "-"), type.toLowerCase()] as const);
  assert.ok(entries.length > 120, `${entries.length} keywords`);
  const wrong = entries.filter(([name, type]) => {
    const wanted = type === "boolean" || type === "integer" ? type : "string";
    const keyword = findKeyword(name);
    return keyword === undefined ? name !== "Include" : keyword.type !== wanted && !MISTAKEN.test(name);
  });
  assert.deepEqual(wrong, []);
});
