// docs/recipes/opendkim-opendmarc, step by step, with Debian's opendkim and opendmarc behind a real Postfix. Runs once: only
// programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { debianChecksProblem, startOpendkim } from "../../support/debian_checks.ts";
import { bytes } from "../../auth/dkim/support.ts";
import { skipFor } from "../../support/instance.ts";
import { joinBytes } from "../../support/lines.ts";
import { runMilterkit } from "../../support/milterkit.ts";
import { type Opendmarc, opendmarcProblem, startOpendmarc } from "../../support/opendmarc.ts";
import { postfixProblem } from "../../support/postfix.ts";
import { present } from "../../support/present.ts";
import { pemsOf, RecipeFiles } from "./recipe_files.ts";
import { RecipeSite } from "./site.ts";
import { HOSTS, messageOf, records, rootZone } from "./world.ts";

const skip = skipFor(await postfixProblem() ?? await opendmarcProblem() ?? await debianChecksProblem());
const ID = "mx.example.org";
const KEYS = ["example.org/2026"] as const;
const folder = mkdtempSync(join(tmpdir(), "milterkit-recipe-opendkim-"));

let opendmarc: Opendmarc | undefined;

before(async () => {
  if (skip) return;
  const pems = pemsOf(KEYS);
  opendmarc = await startOpendmarc(ID, { zones: rootZone(records(pems)) });
  writeFileSync(join(folder, "2026.private"), present(pems.get(KEYS[0]), "key"), { mode: 0o600 });
  writeFileSync(join(folder, "internal"), "127.0.0.0/8\n192.0.2.0/24\n");
});

after(async () => {
  await opendmarc?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Who sends what to whom. */
const MAILS = {
  "honest@example.org": { host: "partner", from: "ann@example.com", signedBy: "example.com" },
  "forwarded@example.org": { host: "lists", from: "ann@example.com", signedBy: "example.com" },
  "forged@example.org": { host: "spammer", from: "ann@example.com", sender: "x@spam.example" },
  "out@example.com": { host: "office", from: "joe@example.org" },
} as const;

/** What became of a message. */
interface Fate {
  /** The answer to the client. */
  readonly reply: string;
  /** As it arrived; empty if it was refused. */
  readonly text: string;
  /** Its line in Milterkit's log. */
  readonly log: string;
}

/** Starts a step with opendkim in this mode, or without it, sends all mail, and asserts what is the same at each step. */
async function step(
  number: 1 | 2 | 3,
  file: string,
  mode?: "s" | "sv",
): Promise<Record<keyof typeof MAILS, Fate>> {
  const { address, nameServer } = present(opendmarc, "opendmarc");
  const opendkim = mode && await startOpendkim(ID, nameServer, [
    ...[`Mode ${mode}`, "Domain example.org", "Selector 2026", `KeyFile ${folder}/2026.private`],
    ...[`InternalHosts ${folder}/internal`, "RequireSafeKeys no"],
  ]);
  const site = await RecipeSite.start("opendkim-opendmarc", {
    file,
    mainCf: `${number}-main.cf`,
    keys: KEYS,
    places: {
      ...(opendkim ? { "unix:opendkim/opendkim.sock": opendkim.address } : {}),
      ...(mode === "sv" ? { "unix:opendmarc/opendmarc.sock": address } : {}),
    },
    settings: { mynetworks: "127.0.0.0/8 192.0.2.0/24" },
  });
  try {
    const fates: [string, Fate][] = [];
    for (const [to, mail] of Object.entries(MAILS)) {
      const reply = await site.send({ ...mail, to });
      const text = reply === "250" ? await site.arrived(to) : "";
      const isOf = (record: Record<string, unknown>) =>
        record.type === "message" && (record.recipients as string[]).includes(to);
      const [record] = await site.milterkit.waitForRecords(isOf);
      fates.push([to, { reply, text, log: String(record?.message) }]);
      assert.match(reply, to === "forged@example.org" ? /^550 5\.7\.1 / : /^250$/);
      const signer = text === "" ? [] : to === "out@example.com" ? ["example.org"] : ["example.com"];
      assert.deepEqual(await site.signersOf(text), signer, to);
    }
    return Object.fromEntries(fates) as Record<keyof typeof MAILS, Fate>;
  } finally {
    await site.stop();
    await opendkim?.stop();
  }
}

/** The fields Authentication-Results, one after the other. */
const resultsOf = ({ text }: Fate) =>
  (text.match(/^Authentication-Results:.*\r\n(?:[ \t].*\r\n)*/gm) ?? []).join("");

test("step 1: the log says what opendkim and opendmarc do", { skip, timeout: 120_000 }, async () => {
  const fates = await step(1, "1-beside.toml", "sv");
  for (const to of ["honest@example.org", "forwarded@example.org"] as const) {
    assert.match(fates[to].log, /dkim=pass d=example\.com s=sel, dmarc=pass from=example\.com/);
    assert.match(resultsOf(fates[to]), /; dmarc=pass \(p=reject .*\bdkim=pass /s);
    assert.match(fates[to].log, /authenticate \(dry run\): insert Authentication-Results/);
    assert.doesNotMatch(resultsOf(fates[to]), /spf=/);
  }
  assert.match(fates["forged@example.org"].reply, /rejected by DMARC policy for example\.com/);
  assert.match(
    fates["forged@example.org"].log,
    /authenticate \(dry run\): reject \(550 5\.7\.1 Not accepted by /,
  );
  assert.match(
    fates["out@example.com"].log,
    /dkim-sign: signed d=example\.org s=2026 a=rsa-sha256; dkim-sign \(dry run\): insert DKIM-Signature/,
  );
  assert.match(
    fates["out@example.com"].text,
    /^DKIM-Signature: v=1; a=rsa-sha256; c=simple\/simple; d=example\.org/m,
  );
});

test(
  "step 2: results and refusals are ours, signatures are opendkim's",
  { skip, timeout: 120_000 },
  async () => {
    const fates = await step(2, "2-checks.toml", "s");
    for (const to of ["honest@example.org", "forwarded@example.org"] as const) {
      assert.match(resultsOf(fates[to]), /^Authentication-Results: mx\.example\.org;\s+spf=.*dmarc=pass /s);
    }
    assert.match(fates["forged@example.org"].reply, /Not accepted by the DMARC policy of example\.com/);
    assert.match(fates["out@example.com"].log, /dkim-sign \(dry run\): insert DKIM-Signature/);
    assert.match(
      fates["out@example.com"].text,
      /^DKIM-Signature: v=1; a=rsa-sha256; c=simple\/simple; d=example\.org/m,
    );
  },
);

test("step 3: results, refusals and signatures are ours", { skip, timeout: 120_000 }, async () => {
  const fates = await step(3, "3-alone.toml");
  assert.match(resultsOf(fates["honest@example.org"]), /dkim=pass .*dmarc=pass /s);
  assert.match(fates["forged@example.org"].reply, /Not accepted by the DMARC policy of example\.com/);
  assert.match(
    fates["out@example.com"].text,
    /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=example\.org; s=2026;/m,
  );
});

test("what the last step changes is shown beforehand", { skip, timeout: 120_000 }, async () => {
  const files = new RecipeFiles("opendkim-opendmarc");
  try {
    const [now, then] = [
      await files.writeConfig("1-beside.toml", KEYS, {}),
      await files.writeConfig("3-alone.toml", KEYS, {}),
    ];
    for (const [to, mail] of Object.entries(MAILS)) {
      const { address, name } = HOSTS[mail.host];
      const sender = "sender" in mail ? mail.sender : mail.from;
      const way = `Return-Path: <${sender}>\r\nDelivered-To: ${to}\r\n` +
        `Received: from ${name} (${name} [${address}])\r\n\tby ${ID} (Postfix) with ESMTP id 1;\r\n` +
        "\tMon, 30 Nov 2026 10:00:00 +0000\r\n";
      writeFileSync(join(files.path, `${to}.eml`), joinBytes([bytes(way), messageOf(mail)]));
    }
    const messages = Object.keys(MAILS).map((to) => join(files.path, `${to}.eml`));
    const { code, stdout } = await runMilterkit([
      ...["check", ...messages, "--as-received", "--config", now, "--compare", then],
    ]);
    assert.equal(code, 3, stdout);
    assert.match(
      stdout,
      /^.*forged@example\.org\.eml\n- accept .*\n\+ reject 550 5\.7\.1 Not accepted by the DMARC policy/m,
    );
  } finally {
    files.remove();
  }
});
