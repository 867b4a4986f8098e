// Mistakes of ours in dkim-sign.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dkimSign } from "../../filters/dkim_sign/dkim_sign.ts";
import { deliver } from "../../lib/testing.ts";
import { madeFilter } from "../support/made_filter.ts";
import { KeysFolder, pemOf } from "./key_files.ts";
import { MessageSigning } from "../../filters/dkim_sign/message_signing.ts";

const MESSAGE = "From: Joe <joe@example.org>\r\n\r\nHello\r\n";

test("a message that cannot be signed because of a mistake of ours is put off", async () => {
  using folder = new KeysFolder();
  folder.write("example.org/a.pem", pemOf("ed25519"));
  const { finish } = MessageSigning.prototype;
  MessageSigning.prototype.finish = function () {
    throw new Error("a mistake");
  };
  try {
    for (
      const [onError, outcome] of [["tempfail", "tempfail"], ["reject", "reject"], [
        "accept",
        "accept",
      ]] as const
    ) {
      await using made = await madeFilter(dkimSign, [["keys", folder.path]]);
      const answered = await deliver({ ...made, onError }, {
        message: MESSAGE,
        macros: { auth_authen: "joe" },
      });
      assert.equal(answered.outcome, outcome);
      assert.deepEqual(answered.modifications, []);
      assert.equal(answered.failures.length, 1);
    }
  } finally {
    MessageSigning.prototype.finish = finish;
  }
});
