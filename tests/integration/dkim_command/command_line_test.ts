// Command lines of `milterkit dkim` that are wrong.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { DOMAIN, MESSAGE, World } from "./world.ts";

const world = new World();
after(() => world.stop());

const message = world.file("message.eml", MESSAGE);
/** It does not exist. */
const folder = join(world.folder, "k");
const keys = ["--keys", folder];

const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [[], /want keygen .*, or dns .*, or rotate/],
  [["sing"], /there is no sing; did you mean sign\?/],
  [["keygen", DOMAIN], /Missing --keys: want the folder of the keys, such as \/etc\/milterkit\/keys/],
  [["keygen", ...keys], /want a DOMAIN/],
  [["keygen", ...keys, "a.example", "b.example"], /want one DOMAIN, not 2/],
  [["keygen", ...keys, "../etc"], /Invalid DOMAIN "\.\.\/etc": want a domain/],
  [["keygen", ...keys, "--bits", "512", DOMAIN], /Invalid --bits "512"/],
  [["keygen", ...keys, "--bits", "8192", DOMAIN], /Invalid --bits "8192"/],
  [["keygen", ...keys, "--type", "ed25519", "--bits", "2048", DOMAIN], /--bits is about RSA keys/],
  [["keygen", ...keys, "--type", "dsa", DOMAIN], /Invalid --type "dsa": want one of rsa, ed25519, both/],
  [["keygen", ...keys, "--selector", "a/b", DOMAIN], /Invalid --selector "a\/b"/],
  [["keygen", ...keys, "--selector", "a.next", DOMAIN], /must not end with \.next or \.old/],
  [["keygen", ...keys, "--selector", "x".repeat(62), DOMAIN], /it is too long/],
  [["keygen", ...keys, "--group", "no-such-group", DOMAIN], /there is no such group|only root can give/],
  [["dns", "--keys", "/nowhere"], /Cannot use \/nowhere: there is no such folder/],
  [["dns", "--keys", world.folder], /it has no folder of a domain/],
  [["dns", "--keys", world.folder, "b.example"], /there is no key of b\.example in/],
  [["dns", ...keys, "--key", "a:b:c"], /give --keys or --key, not both/],
  [["dns", "--key", "a:b"], /Invalid --key "a:b": want DOMAIN:SELECTOR:FILE/],
  [["dns", "--key", "%:s:/k/%"], /want a domain here, not %/],
  [["test", "--key", `a.example:s:${message}`, "b.example"], /b\.example is too much/],
  [["verify", message, "--dns-server", "nowhere"], /Invalid --dns-server "nowhere"/],
  [["sign", ...keys], /want a FILE with a message, or -/],
  [["sign", message, message], /want one FILE, not 2/],
  [["sign", message], /Missing --keys/],
  [["sign", "--key", "a:b:c", "--sign-all", message], /it affects only --sign, and there is none/],
  [
    ["sign", ...keys, "--canonicalization", "nofws", message],
    /Invalid --canonicalization "nofws": want one of/,
  ],
  [["verify"], /want a FILE with a message/],
  [["verify", "/nowhere"], /there is no such file/],
  [["rotate"], /Missing --keys/],
  [["rotate", ...keys, "--every", "0s"], /Invalid --every "0s"/],
];

describe("a command line that is wrong is refused in one line, and nothing is made", () => {
  for (const [args, says] of wrong) {
    it(["dkim", ...args].join(" ").replaceAll(world.folder, "").slice(0, 80), async () => {
      const { code, stdout, stderr } = await world.dkim(...args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, says);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
      assert.ok(!existsSync(folder));
    });
  }
});
