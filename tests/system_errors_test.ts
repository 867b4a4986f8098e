// Errors of the operating system in words.
import assert from "node:assert/strict";
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { addressErrorText, systemErrorText, systemMessage } from "../lib/system_errors.ts";

describe("what is said of a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-reason-"));
  const file = join(folder, "file");
  writeFileSync(file, "");
  after(() => rmSync(folder, { recursive: true }));
  const reason = (work: () => unknown, special?: Record<string, string>) => {
    try {
      work();
    } catch (error) {
      return systemErrorText(error, special);
    }
  };

  it("is in words for what the system says", () => {
    assert.equal(reason(() => readFileSync(join(folder, "none"))), "there is no such file");
    assert.equal(reason(() => readFileSync(join(file, "none"))), "there is no such file");
    assert.equal(reason(() => readFileSync(folder)), "it is a folder");
  });

  it("is another where a code means something else", () => {
    assert.equal(reason(() => readdirSync(file), { ENOTDIR: "it is no folder" }), "it is no folder");
  });

  it("is the error's own where there is no code, or one that is not known", () => {
    assert.equal(systemErrorText(new Error("left behind")), "left behind");
    assert.equal(systemErrorText(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })), "timed out");
  });
});

describe("what is said of an address", () => {
  const error = (properties: object) => Object.assign(new Error("as it came"), properties);

  it("is the same for Node's codes and Deno's names", () => {
    for (
      const [code, name, words] of [
        ["EADDRINUSE", "AddrInUse", "address in use"],
        ["EADDRNOTAVAIL", "AddrNotAvailable", "the address is not one of this machine"],
        ["EACCES", "PermissionDenied", "permission denied"],
        ["ECONNREFUSED", "ConnectionRefused", "nobody listens there"],
        ["ENOENT", "NotFound", "there is no such file or directory"],
      ]
    ) {
      assert.deepEqual([addressErrorText(error({ code })), addressErrorText(error({ name }))], [
        words,
        words,
      ]);
    }
  });

  it("is the error's own where a code says nothing of addresses", () => {
    for (const code of ["EROFS", "ETIMEDOUT"]) assert.equal(addressErrorText(error({ code })), "as it came");
  });
});

describe("what the system says itself", () => {
  it("comes without what it was about, whoever says it", () => {
    const words = "no space left on device (ENOSPC)";
    for (
      const message of [
        "ENOSPC: no space left on device, write",
        "ENOSPC: no space left on device, open '/a, b'",
        "No space left on device (os error 28)",
      ]
    ) {
      assert.equal(systemMessage(Object.assign(new Error(message), { code: "ENOSPC" })), words);
    }
    assert.equal(systemMessage(new Error("nothing was written")), "nothing was written");
  });

  it("is so on this runtime", () => {
    assert.throws(
      () => openSync("/nowhere/at/all", "r"),
      (error) => systemMessage(error) === "no such file or directory (ENOENT)",
    );
  });
});
