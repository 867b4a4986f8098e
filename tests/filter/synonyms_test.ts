/** Names of other milter libraries are known where a name is corrected. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CALLBACKS, SETTINGS } from "../../lib/filter/filter_keys.ts";
import { CHANGES } from "../../lib/filter/filter_terms.ts";
import { meantBy, synonymOf } from "../../lib/filter/synonyms.ts";

test("a callback is found by its name in each library", () => {
  const expected = {
    mail: ["xxfi_envfrom", "envfrom", "MailFrom"],
    rcpt: ["xxfi_envrcpt", "envrcpt", "RcptTo"],
    helo: ["xxfi_helo", "hello", "Helo", "ehlo"],
    eom: ["xxfi_eom", "eob", "EndOfMessage", "endOfMessage", "onEndOfMessage"],
    eoh: ["xxfi_eoh", "endOfHeaders"],
    close: ["xxfi_close", "Cleanup"],
    body: ["xxfi_body", "BodyChunk"],
    negotiate: ["xxfi_negotiate", "optneg"],
    connect: ["xxfi_connect", "onConnect"],
  };
  for (const [ours, theirs] of Object.entries(expected)) {
    for (const name of theirs) assert.equal(meantBy(name, CALLBACKS), ours, name);
  }
});

test("a change is found by its function, and by its flag", () => {
  const expected = {
    addHeader: ["addheader", "smfi_addheader", "SMFIF_ADDHDRS", "ADDHDRS", "OptAddHeader"],
    insertHeader: ["insheader", "smfi_insheader"],
    changeHeader: ["chgheader", "smfi_chgheader", "SMFIF_CHGHDRS", "OptChangeHeader"],
    changeFrom: ["chgfrom", "smfi_chgfrom", "SMFIF_CHGFROM"],
    addRcpt: ["addrcpt", "smfi_addrcpt", "smfi_addrcpt_par", "SMFIF_ADDRCPT_PAR", "AddRecipient"],
    deleteRcpt: ["delrcpt", "smfi_delrcpt", "DeleteRecipient"],
    replaceBody: ["replacebody", "smfi_replacebody", "SMFIF_CHGBODY"],
    quarantine: ["smfi_quarantine", "SMFIF_QUARANTINE"],
  };
  for (const [ours, theirs] of Object.entries(expected)) {
    for (const name of theirs) assert.equal(synonymOf(name, CHANGES), ours, name);
  }
});

test("a setting is found, too", () => {
  assert.equal(synonymOf("set_flags", SETTINGS), "changes");
  assert.equal(synonymOf("setsymlist", SETTINGS), "macros");
  assert.equal(synonymOf("smfi_setsymlist", SETTINGS), "macros");
  assert.equal(synonymOf("SMFIP_RCPT_REJ", SETTINGS), "rejectedRecipients");
  assert.equal(synonymOf("SMFIP_HDR_LEADSPC", SETTINGS), "leadingSpace");
});

test("a name of another kind of thing, or of nothing, is no synonym", () => {
  assert.equal(synonymOf("envfrom", CHANGES), undefined);
  assert.equal(synonymOf("helper", CALLBACKS), undefined);
  assert.equal(synonymOf("", CALLBACKS), undefined);
  assert.equal(meantBy("rcptt", CALLBACKS), "rcpt");
});

test("every name in the table of docs/moving.md leads to ours", () => {
  const page = readFileSync(new URL("../../docs/moving.md", import.meta.url), "utf8");
  // Headers and Body of go-milter are eoh and eom there, but more likely header and body in a filter of ours.
  const ambiguous = ["Headers", "Body"];
  let found = 0;
  for (const line of page.split("\n")) {
    const cells = line.split("|").slice(1, -1).map((cell) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
    );
    const ours = cells.at(-1)?.[0];
    if (cells.length !== 5 || ours === undefined) continue;
    const known = [CALLBACKS, CHANGES].find((list) => (list as readonly string[]).includes(ours));
    // Of the two states that private data becomes, neither is its name.
    if (known === undefined || ours === "connectionState") continue;
    for (const name of cells.slice(0, -1).flat()) {
      if (ambiguous.includes(name)) continue;
      // pymilter inserts with addheader, and a flag is no callback.
      if (ours === "insertHeader" && name === "addheader") continue;
      found++;
      assert.equal(meantBy(name, known), ours, name);
    }
  }
  assert.ok(found > 50, `${found} names`);
});
