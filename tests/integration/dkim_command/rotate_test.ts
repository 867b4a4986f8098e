// Rotations of many domains, and when one begins.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { DOMAIN, World } from "./world.ts";

const world = new World();
after(() => world.stop());

describe("rotate", () => {
  it("of all domains goes on where a key of one cannot be used", async () => {
    const folder = join(world.folder, "domains");
    for (const domain of ["a.example", "b.example", "c.example"]) {
      await world.dkim("keygen", "--keys", folder, "--type", "ed25519", "--selector", "s", domain);
    }
    writeFileSync(join(folder, "b.example", "s.pem"), "no key");
    const { code, stdout } = await world.dkim("rotate", "--keys", folder, "--json");
    assert.equal(code, 1);
    const { domains } = JSON.parse(stdout);
    assert.deepEqual(
      domains.map(({ domain, step }: Record<string, string>) => [domain, step]),
      [["a.example", "made"], ["b.example", "failed"], ["c.example", "made"]],
    );
    assert.match(domains[1].reason, /^Cannot use .*b\.example\/s\.pem: it has no key/);
    const young = await world.dkim("rotate", "--keys", folder, "--every", "1d", "--dns-records", "/dev/null");
    assert.match(young.stdout, /^a\.example: the new keys wait/m, "what was begun is gone on with");
    const alone = await world.dkim("rotate", "--keys", folder, "b.example");
    assert.deepEqual([alone.code, alone.stdout], [2, ""]);
  });

  it("begins once keys have signed for long enough", async () => {
    const folder = join(world.folder, "every");
    await world.dkim("keygen", "--keys", folder, "--type", "ed25519", "--selector", "s", DOMAIN);
    const rotate = (...args: string[]) => world.dkim("rotate", "--keys", folder, "--every", "180d", ...args);
    const early = await rotate();
    assert.equal(early.code, 0);
    assert.match(
      early.stdout,
      /^example\.org: nothing to do before 20\d\d-\d\d-\d\d, since the keys are not due/,
    );
    assert.equal((await rotate("--quiet")).stdout, "");
    const past = Date.now() / 1000 - 181 * 86_400;
    utimesSync(join(folder, DOMAIN, "s.pem"), past, past);
    assert.match(
      (await rotate("--quiet")).stdout,
      /^; example\.org: publish this record, then run: milterkit dkim rotate/,
    );
  });
});
