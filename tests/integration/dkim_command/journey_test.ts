// The way of a new user: keys, records, a test, signed messages that others verify, and new keys.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { linkSync, readdirSync, readFileSync, renameSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { nsdProblem } from "../../dns/nsd.ts";
import { skipFor } from "../../support/instance.ts";
import { resolverProblem } from "../../support/own_resolver.ts";
import { findCommand, run } from "../../support/process.ts";
import { DOMAIN, MESSAGE, World } from "./world.ts";

const NEEDED = ["dkimverify", "opendkim-testkey", "opendkim-testmsg", "opendkim-genkey"];
const missing = NEEDED.find((name) => !findCommand(name));
const skip = skipFor(
  nsdProblem() ??
    (missing && `needs ${missing} (Debian: python3-dkim, opendkim-tools)`) ??
    await resolverProblem("dkimverify"),
);

const worlds: World[] = [];
after(async () => {
  for (const world of worlds) await world.stop();
});

function newWorld(): World {
  const world = new World();
  worlds.push(world);
  return world;
}

/** What programs of others say of a signed message: all of it must hold. */
async function verifiedByOthers(world: World, file: string, signatures: number): Promise<void> {
  for (let i = 0; i < signatures; i++) {
    const { code, stdout, stderr } = await world.other(["dkimverify", "--index", `${i}`], file);
    assert.deepEqual([code, stdout.trim()], [0, "signature ok"], `${i}: ${stderr}`);
  }
  const { code, stdout, stderr } = await world.other(["opendkim-testmsg", "-C"], file);
  assert.equal(code, 0, stdout + stderr);
}

/** opendkim-testkey asks libunbound, which has a configuration of its own. It knows RSA keys alone. */
async function testedByOpendkim(world: World, selector: string, keyFile: string): Promise<void> {
  const unbound = world.file(
    "unbound.conf",
    `server:\n  do-not-query-localhost: no\nforward-zone:\n  name: "."\n  forward-addr: ${world.host}@53\n`,
  );
  const configuration = world.file("opendkim.conf", `ResolverConfiguration ${unbound}\n`);
  const { code, stdout, stderr } = await run(
    ["opendkim-testkey", "-vvv", "-x", configuration, "-d", DOMAIN, "-s", selector, "-k", keyFile],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout + stderr, /key OK/);
}

test("from an empty folder to signed mail, and through a rotation", { skip, timeout: 120_000 }, async () => {
  const world = newWorld();
  const folder = join(world.keys, DOMAIN);
  const files = () => readdirSync(folder).sort();

  const made = await world.dkim("keygen", "--keys", world.keys, DOMAIN);
  assert.deepEqual([made.code, made.stderr], [0, ""]);
  const [ed = "", rsa = ""] = files();
  const selector = rsa.replace(".pem", "");
  assert.match(selector, /^\d{8}$/);
  assert.equal(ed, `${selector}-ed.pem`);
  assert.ok(!made.stdout.includes("\x1b"));
  const again = await world.dkim("keygen", "--keys", world.keys, DOMAIN);
  assert.equal(again.code, 2);
  assert.match(
    again.stderr,
    /^milterkit dkim keygen: example\.org has an RSA key, .*; to replace it use `milterkit/,
  );

  await world.publish("");
  const early = await world.asks("test", "--keys", world.keys, DOMAIN);
  assert.equal(early.code, 3);
  assert.match(
    early.stdout,
    /\(RSA key of 2048 bits\): wrong, the name does not exist \(NXDOMAIN\)\n {2}To do: publish/,
  );

  // What keygen prints is a part of a zone file as it is.
  await world.publish(made.stdout);
  const tested = await world.asks("test", "--keys", world.keys, DOMAIN);
  assert.deepEqual([tested.code, tested.stderr], [0, ""]);
  assert.equal(tested.stdout.match(/: right$/gm)?.length, 2);
  await testedByOpendkim(world, selector, join(folder, rsa));
  const printed = await world.dkim("dns", "--keys", world.keys);
  assert.ok(
    made.stdout.includes(printed.stdout.split("\n\n")[0] ?? "?"),
    "dns prints what keygen has printed",
  );

  const message = world.file("message.eml", MESSAGE);
  const signed = await world.signed(message);
  const text = readFileSync(signed, "latin1");
  assert.ok(text.endsWith(MESSAGE), "byte for byte");
  assert.match(text, /^DKIM-Signature: v=1; a=rsa-sha256;[^]*^DKIM-Signature: v=1; a=ed25519-sha256;/m);
  const verified = await world.asks("verify", signed);
  assert.equal(verified.code, 0);
  assert.match(verified.stdout, /^DKIM: pass, 2 of 2 signatures verified\n/);
  await verifiedByOthers(world, signed, 2);
  for (const form of ["simple/simple", "relaxed/simple", "simple/relaxed"]) {
    await verifiedByOthers(world, await world.signed(message, "--canonicalization", form), 2);
  }

  const rotate = (...args: string[]) => world.asks("rotate", "--keys", world.keys, DOMAIN, ...args);
  const begun = await rotate();
  assert.deepEqual([begun.code, begun.stderr], [0, ""]);
  const [nextEd = "", nextRsa = "", ...more] = files().filter((name) => name.endsWith(".next.pem"));
  assert.deepEqual(more, []);
  const next = nextRsa.replace(".next.pem", "");
  assert.equal(nextEd, `${next}-ed.next.pem`);
  assert.notEqual(next, selector);
  const waiting = await rotate();
  assert.equal(waiting.code, 1);
  assert.match(waiting.stdout, /the new keys wait, since not all records are right\n.*that waits\): wrong, /);
  await verifiedByOthers(world, await world.signed(message), 2);

  await world.publish(made.stdout + begun.stdout);
  // Both at once, as by cron and by hand: one of them may find that it is done.
  const both = await Promise.all([rotate(), rotate()]);
  assert.ok(
    both.some(({ code, stdout }) => code === 0 && / sign from now on\n/.test(stdout)),
    JSON.stringify(both),
  );
  assert.deepEqual(
    files(),
    [ed.replace(".pem", ".old.pem"), `${selector}.old.pem`, `${next}-ed.pem`, `${next}.pem`].sort(),
  );
  const renewed = await world.signed(message);
  assert.match(readFileSync(renewed, "latin1"), new RegExp(`s=${next};`));
  await verifiedByOthers(world, renewed, 2);
  assert.equal((await world.asks("verify", signed)).code, 0, "mail on its way still verifies");

  const idle = await rotate("--quiet");
  assert.deepEqual([idle.code, idle.stdout, idle.stderr], [0, "", ""], "run again, it changes nothing");
  for (const name of files().filter((name) => name.endsWith(".old.pem"))) {
    const past = Date.now() / 1000 - 8 * 86_400;
    utimesSync(join(folder, name), past, past);
  }
  const late = await rotate("--every", "30d");
  assert.match(
    late.stdout,
    /The old key .* is not needed any more: remove the record .*, or empty its p=, and delete/,
  );
});

test("a rotation that was interrupted goes on", { skip, timeout: 120_000 }, async () => {
  const world = newWorld();
  const path = (name: string) => join(world.keys, DOMAIN, name);
  const made = await world.dkim("keygen", "--keys", world.keys, "--selector", "a", "--type", "rsa", DOMAIN);
  await world.publish(made.stdout);
  const begun = await world.asks("rotate", "--keys", world.keys);
  await world.publish(made.stdout + begun.stdout);
  const [, next = ""] = readdirSync(join(world.keys, DOMAIN)).sort().reverse();
  assert.match(next, /\.next\.pem$/);
  // The old key has both of its names, and the new one signs already.
  linkSync(path("a.pem"), path("a.old.pem"));
  const message = world.file("message.eml", MESSAGE);
  assert.match(readFileSync(await world.signed(message), "latin1"), /s=a;/);
  renameSync(path(next), path(next.replace(".next", "")));
  assert.match(
    readFileSync(await world.signed(message), "latin1"),
    new RegExp(`s=${next.replace(".next.pem", "")};`),
  );
  const { code } = await world.asks("rotate", "--keys", world.keys, "--every", "1d");
  assert.equal(code, 0);
  assert.deepEqual(
    readdirSync(join(world.keys, DOMAIN)).sort(),
    [next.replace(".next", ""), "a.old.pem"].sort(),
  );
});

test("keys and records of opendkim-genkey", { skip, timeout: 120_000 }, async () => {
  const world = newWorld();
  const genkey = ["opendkim-genkey", "-b", "2048", "-d", DOMAIN, "-s", "mail", "-D", world.folder] as const;
  assert.equal((await run(genkey)).code, 0);
  const file = join(world.folder, "mail.private");
  await world.publish(readFileSync(join(world.folder, "mail.txt"), "utf8"));
  const key = ["--key", `${DOMAIN}:mail:${file}`];
  const tested = await world.asks("test", ...key);
  assert.deepEqual([tested.code, tested.stdout], [
    0,
    "mail._domainkey.example.org (RSA key of 2048 bits): right\n",
  ]);
  const { stdout } = await world.dkim("sign", ...key, world.file("message.eml", MESSAGE));
  await verifiedByOthers(world, world.file("signed.eml", stdout), 1);
  const printed = await world.dkim("dns", ...key);
  await world.publish(printed.stdout);
  await testedByOpendkim(world, "mail", file);
});

test("what others signed is explained, too", { skip, timeout: 120_000 }, async () => {
  const world = newWorld();
  const made = await world.dkim("keygen", "--keys", world.keys, "--selector", "s", "--type", "rsa", DOMAIN);
  await world.publish(made.stdout);
  const message = world.file("message.eml", MESSAGE);
  const key = join(world.keys, DOMAIN, "s.pem");
  const { stdout } = await run(["dkimsign", "s", DOMAIN, key], { input: readFileSync(message) });
  assert.equal((await world.asks("verify", world.file("signed.eml", stdout))).code, 0);
  const broken = await world.asks("verify", world.file("broken.eml", stdout.replace("Hello", "Hallo")));
  assert.equal(broken.code, 3);
  assert.match(broken.stdout, /The body was changed after signing/);
  const report = JSON.parse((await world.asks("verify", "--json", world.file("b.eml", stdout))).stdout);
  assert.deepEqual(
    report.signatures.map(({ result, selector }: Record<string, string>) => [result, selector]),
    [["pass", "s"]],
  );
  assert.equal((await world.asks("verify", message)).code, 3, "a message that is not signed");
  assert.equal(statSync(key).mode & 0o077, statSync(key).mode & 0o040, "nobody else can read the key");
});
