// Signatures of what stays hold after files were taken out, by programs of others. Runs once: they are the same whatever
// runtime asks them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMime } from "../../lib/mime/parse_mime.ts";
import { toBytes } from "../../lib/message/text.ts";
import { Seals, sealsProblem } from "../mime/edit/seals.ts";
import { skipFor } from "../support/instance.ts";
import { delivered } from "./support.ts";

test("S/MIME, PGP/MIME and DKIM of a message inside hold after every file was taken out that may be", {
  skip: skipFor(sealsProblem()),
  timeout: 60_000,
}, async () => {
  const seals = await Seals.make();
  try {
    const message = seals.message("Subject: x");
    const given = [["file-name", "*"], ["except-file-name", "*.p7m"], ["action", "strip"], [
      "keep-nothing",
      "true",
    ]] as const;
    const result = await delivered(message, ...given, ["on-unstrippable", "mark"]);
    result.assertAccepted().assertHeader("X-Attachments-Found", "file-name (smime.p7s)");
    const after = await parseMime(toBytes(result.message));
    assert.deepEqual(after.parts.flatMap((part) => part.fileNames), ["smime.p7s", "smime.p7m"]);
    await seals.check(after.root);
    const [, , , note] = after.root.children;
    assert.match(await note!.text(), /The attachment "x\.exe"/);
  } finally {
    await seals.remove();
  }
});
