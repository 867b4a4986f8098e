// What all commands have in common: numbers, addresses, permissions, JSON and colours.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UsageError } from "../../cli/terminal/arguments.ts";
import { plural } from "../../cli/terminal/plural.ts";
import { terminalSafeJson } from "../../cli/terminal/terminal_safe_json.ts";
import { listenAddress, milterAddress } from "../../cli/terminal/milter_address.ts";
import { terminalColours } from "../../cli/terminal/colours.ts";
import { socketMode } from "../../cli/options/socket_mode.ts";

function thrown(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  throw new Error("nothing was thrown");
}

describe("a number of things", () => {
  it("is one or more", () => {
    assert.deepEqual([0, 1, 2].map((n) => plural(n, "message")), ["0 messages", "1 message", "2 messages"]);
  });
});

describe("an address", () => {
  it("of a milter is one to connect to", () => {
    assert.deepEqual(milterAddress("milterkit x", "unix:/run/x"), { kind: "unix", path: "/run/x" });
    for (const text of ["fd:3", "parent:inet:1@localhost"]) {
      assert.equal(
        thrown(() => milterAddress("milterkit x", text)),
        `milterkit x: Invalid --milter "${text}": want one of unix:, inet:, inet6:`,
      );
    }
    assert.match(
      thrown(() => milterAddress("milterkit x", "localhost", "ADDRESS")),
      /^milterkit x: Invalid ADDRESS "localhost": /,
    );
    assert.equal(
      thrown(() => milterAddress("milterkit x", undefined)),
      "milterkit x: Missing --milter: give it, for example --milter inet:8825@localhost",
    );
    assert.equal(
      thrown(() => milterAddress("milterkit x", undefined, "ADDRESS")),
      "milterkit x: Missing ADDRESS: give it, for example inet:8825@localhost",
    );
  });

  it("to listen on may be a descriptor", () => {
    assert.deepEqual(listenAddress("milterkit x", "fd:3"), { kind: "fd", fd: 3 });
    assert.match(thrown(() => listenAddress("milterkit x", "parent:fd:3")), /Invalid --listen "parent:fd:3"/);
  });
});

describe("permissions", () => {
  it("are three octal digits", () => {
    assert.deepEqual([socketMode("x", "660"), socketMode("x", "0600")], [0o660, 0o600]);
    for (const text of ["66", "1660", "888", "rw", ""]) {
      assert.equal(
        thrown(() => socketMode("milterkit x", text)),
        `milterkit x: Invalid --socket-mode ${JSON.stringify(text)}: want three octal digits, such as 660`,
      );
    }
  });
});

describe("JSON", () => {
  const all = String.fromCharCode(...Array.from({ length: 0x100 }, (_, code) => code), 0x2028, 0x2029);

  it("holds no control character, and says the same", () => {
    const line = terminalSafeJson({ [all]: [all] });
    // deno-lint-ignore no-control-regex -- they are what is looked for
    assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
    assert.deepEqual(JSON.parse(line), { [all]: [all] });
  });
});

describe("colours", () => {
  it("are only where they are wanted", () => {
    assert.equal(terminalColours(true).bad("no"), "\x1b[31mno\x1b[0m");
    assert.equal(terminalColours(false).bad("no"), "no");
  });
});
