import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { latin1Text, toBytes } from "../../lib/message/text.ts";
import { type Message, rewrite } from "./support.ts";
import { at } from "../support/present.ts";

async function value(template: string, message: Message = {}): Promise<string> {
  return at(await rewrite([["add", `X-A: ${template}`]], message), 0).slice("X-A: ".length);
}

describe("values", () => {
  it("are filled from the connection", async () => {
    const client = { address: "2001:db8::1", hostname: "relay.example" };
    assert.equal(
      await value("{client_addr} {client_name} {helo}", { client, helo: "me" }),
      "2001:db8::1 relay.example me",
    );
  });

  it("are filled from the envelope, with all recipients", async () => {
    const recipients = ["a@example.net", "b@example.net"];
    assert.equal(
      await value("{mail_from} to {rcpt_to}", { sender: "s@example.org", recipients }),
      "s@example.org to a@example.net, b@example.net",
    );
  });

  it("are filled from macros, as the MTA names them", async () => {
    assert.equal(await value("{i}/{auth_authen}", { macros: { i: "4XYZ", auth_authen: "joe" } }), "4XYZ/joe");
  });

  it("are empty where nothing is known", async () => {
    assert.equal(await value("[{no_such_macro}{mail_from}]", { sender: "" }), "[]");
  });

  it("take doubled braces for one, and closing ones as they are", async () => {
    assert.equal(await value("{{i} {{{i}} }", { macros: { i: "Q" } }), "{i} {Q} }");
  });

  it("take a dollar as it is outside of replace", async () => {
    assert.equal(await value("$1 $& $$"), "$1 $& $$");
  });

  it("are not looked at again once filled in", async () => {
    assert.equal(await value("{helo}", { helo: "{i}", macros: { i: "Q" } }), "{i}");
  });

  it("keep letters above ASCII", async () => {
    assert.equal(
      await value("{mail_from}", { sender: "jürgen@example.org" }),
      latin1Text(toBytes("jürgen@example.org")),
    );
  });
});

describe("what comes from outside", () => {
  const hostile = "a\r\nX-Evil: 1\n\x01\x7f\tb";

  it("stays within its line", async () => {
    for (const word of ["add", "insert", "set"]) {
      const lines = await rewrite([[word, "X-A: {helo}"]], { helo: hostile, header: ["B: b"] });
      assert.equal(lines.find((line) => line.startsWith("X-A")), "X-A: aX-Evil: 1b");
      assert.equal(lines.length, 2);
    }
  });

  it("stays within its line in a replacement too", async () => {
    const lines = await rewrite([["replace", "B /b/ {subject}"]], {
      macros: { subject: hostile },
      header: ["B: b"],
    });
    assert.equal(lines[0], "B: aX-Evil: 1b");
  });

  it("loses no white space between folded words in a group", async () => {
    const lines = await rewrite([["replace", "B /(one.*two)/ <$1>"]], { header: ["B: one\n\ttwo"] });
    assert.equal(lines[0], "B: <one\ttwo>");
  });

  it("loses its control characters in a group too", async () => {
    const lines = await rewrite([["replace", "B /([^]*)/ <$1>"]], { header: ["B: a\x01\rb\x7f"] });
    assert.equal(lines[0], "B: <ab>");
  });

  it("cannot name groups", async () => {
    const lines = await rewrite([["replace", "B /(b)/ {helo}"]], { helo: "$1$&", header: ["B: b"] });
    assert.equal(lines[0], "B: $1$&");
  });
});
