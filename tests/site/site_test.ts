// The policy of a site in one file, tried with a corpus: what becomes of each of two hundred messages.
import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { checkCommand } from "../../cli/commands/check/command.ts";
import { type CheckedMessage, checkMessage } from "../../cli/commands/check/check_message.ts";
import { checkTarget } from "../../cli/commands/check/target.ts";
import { openPolicy } from "../../cli/commands/check/policy.ts";
import { readCommandLine } from "../../cli/terminal/command_line.ts";
import { VerdictWatch } from "../../lib/mta/verdict_watch.ts";
import { SITE_KEY, siteCorpus, siteRecords } from "./corpus.ts";

const SITE = fileURLToPath(new URL("../../docs/examples/site.toml", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "milterkit-site-"));
after(() => rmSync(folder, { recursive: true }));

/** The site's folder: its file, its key, and records in place of DNS. */
function writeSite(): string {
  copyFileSync(SITE, join(folder, "site.toml"));
  mkdirSync(join(folder, "keys/example.org"), { recursive: true });
  const key = join(folder, "keys/example.org/2026.pem");
  writeFileSync(key, SITE_KEY);
  chmodSync(key, 0o600);
  writeFileSync(join(folder, "records"), siteRecords());
  const config = join(folder, "trial.toml");
  writeFileSync(config, 'dns-records = "records"\ninclude = ["site.toml"]\n');
  return config;
}

/** What became of a message, in the words of the corpus. */
function fateOf({ report, notes }: CheckedMessage): string {
  const { outcome, reply, refused, after: { header, held }, before } = report;
  if (outcome !== "accept") {
    const by = notes.findLast(({ verdict }) => verdict !== undefined)?.filter;
    return `${outcome} ${reply?.code} ${by}`;
  }
  const has = (name: RegExp, fields: typeof header) => fields.filter((field) => name.test(field.name)).length;
  const internal = /^(X-Internal-.*|X-Originating-IP|X-Mailer|User-Agent)$/i;
  const subject = header.find((field) => field.is("Subject"))?.text ?? "";
  const isSigned = header.some((field) =>
    field.is("DKIM-Signature") && /\bd=example\.org;/.test(field.value) && !before.header.includes(field)
  );
  return [
    "accept",
    ...(subject.startsWith("[EXT] ") ? ["ext"] : []),
    ...(held === undefined ? [] : ["held"]),
    ...(isSigned ? ["signed"] : []),
    ...(has(internal, header) < has(internal, before.header) ? ["strip"] : []),
    ...(refused.length === 0 ? [] : [`refused=${refused.length}`]),
  ].join(" ");
}

describe("the policy of a site", () => {
  it("is under a hundred lines, and each of its lists is named once", () => {
    const text = readFileSync(SITE, "utf8");
    assert.ok(text.split("\n").length < 100);
    for (const network of ["10.0.0.0/8", "198.51.100.0/25", "203.0.113.0/28"]) {
      assert.equal(text.split(network).length, 2, network);
    }
  });

  it("does with each message of the corpus what the table says", { timeout: 120_000 }, async () => {
    const invocation = { program: "milterkit check", operands: "", args: ["--as-received"] };
    const line = readCommandLine(checkCommand, invocation);
    const checker = await openPolicy(writeSite(), line, new VerdictWatch());
    try {
      const target = checkTarget(line, checker);
      const corpus = siteCorpus();
      assert.equal(corpus.length, 200);
      const fates: string[] = [];
      for (const { name, bytes } of corpus) {
        const checked = await checkMessage({ name, bytes }, target);
        assert.ok(!("error" in checked), name);
        assert.deepEqual(checked.failures, [], name);
        fates.push(`${name} ${fateOf(checked)}`);
      }
      assert.deepEqual(fates, corpus.map(({ name, expected }) => `${name} ${expected}`));
    } finally {
      await checker.dispose();
    }
  });
});
