// Signatures of what was not meant hold after an edit, by programs of others. Runs once: they are the same whatever runtime
// asks them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { latin1Bytes } from "../../../lib/protocol/text.ts";
import { skipFor } from "../../support/instance.ts";
import { edit } from "./edited.ts";
import { Seals, sealsProblem } from "./seals.ts";

test(
  "S/MIME, PGP/MIME and DKIM of a message inside hold after text was added and files were replaced and removed",
  {
    skip: skipFor(sealsProblem()),
    timeout: 60_000,
  },
  async () => {
    const seals = await Seals.make();
    try {
      const edited = await edit(seals.message("Subject: x"), async (editor, { root }) => {
        const [first, , , file] = root.children;
        return [
          await editor.addText({ text: "Größe", at: "top" }),
          await editor.addText({ text: "Größe" }),
          await editor.replace(file!, { text: "A file was here" }),
          await editor.remove(first!),
        ];
      });
      assert.deepEqual(edited.results.map(({ done }) => done), [true, true, true, true]);
      await seals.check(edited.before.root);
      await seals.check(edited.after.root);
      assert.equal(edited.after.root.children.length, edited.before.root.children.length - 1);
      const alone = await edit(
        latin1Bytes(seals.smimeSigned),
        async (editor) => [await editor.addText({ text: "Größe" })],
      );
      assert.deepEqual(alone.results[0]!.refused.map(({ reason }) => reason), ["signed"]);
      await seals.checkSmime(alone.after.root);
    } finally {
      await seals.remove();
    }
  },
);
