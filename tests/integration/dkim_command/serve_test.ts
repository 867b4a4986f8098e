// A service that signs while its keys are made and rotated by `milterkit dkim`.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { nsdProblem } from "../../dns/nsd.ts";
import { skipFor } from "../../support/instance.ts";
import { complaints, Milterkit, runMilterkit } from "../../support/milterkit.ts";
import { present } from "../../support/present.ts";
import { resolverProblem } from "../../support/own_resolver.ts";
import { DOMAIN, MESSAGE, World } from "./world.ts";

const world = new World();
let service: Milterkit | undefined;
after(async () => {
  await service?.stop();
  await world.stop();
});

const skip = skipFor(nsdProblem() ?? await resolverProblem("a name server at port 53"));

test(
  "serve signs with new keys as soon as rotate has found their records",
  { skip, timeout: 120_000 },
  async () => {
    const made = await world.dkim(
      "keygen",
      "--keys",
      world.keys,
      "--bits",
      "1024",
      "--selector",
      "a",
      DOMAIN,
    );
    await world.publish(made.stdout);
    service = await Milterkit.start([
      ...["serve", "--listen", "inet:0@127.0.0.1", "--filter", "dkim-sign"],
      ...["--keys", world.keys, "--sign-client", "127.0.0.1"],
    ]);
    const { address } = service;
    const message = world.file("message.eml", MESSAGE);
    const selectors = async () => {
      const { stdout } = await runMilterkit(
        ["check", message, "--milter", address, "--client", "127.0.0.1", "--json"],
      );
      const { after } = JSON.parse(stdout);
      return [...after.message.matchAll(/[ \t]s=([^;]+);/g)].map(([, selector]) => selector);
    };
    assert.deepEqual(await selectors(), ["a", "a-ed"]);

    const begun = await world.asks("rotate", "--keys", world.keys, "--bits", "1024");
    const waiting = readdirSync(join(world.keys, DOMAIN)).find((name) => /\d[b-z]?\.next\.pem$/.test(name));
    const next = present(waiting, "the RSA key that waits").replace(".next.pem", "");
    assert.deepEqual(await selectors(), ["a", "a-ed"]);
    await world.publish(made.stdout + begun.stdout);
    assert.equal((await world.asks("rotate", "--keys", world.keys)).code, 0);
    await service.waitForLine((line) => line.includes(`${next}-ed.pem`));
    assert.deepEqual(await selectors(), [next, `${next}-ed`]);
    assert.deepEqual(complaints(service.lines), []);
  },
);
