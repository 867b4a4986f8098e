// Logging in to a Valkey or Redis server: passwords, users, databases, TLS.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { parseStateAddress } from "../../lib/store/state_address.ts";
import { StoreUnavailableError } from "../../lib/store/store.ts";
import { ValkeyStore } from "../../lib/store/valkey/valkey_store.ts";
import { skipFor } from "../support/instance.ts";
import { type Redis, type RedisOptions, redisProblem, startRedis } from "../support/redis.ts";
import { type Certificates, makeCertificates, opensslProblem } from "./certificates.ts";
import { startAnswering, startPeer } from "./peers.ts";

const HOUR = 3_600_000;
const skip = skipFor(redisProblem() ?? opensslProblem());
const opened: { stop(): Promise<void> }[] = [];
let certificates: Certificates | undefined;
after(async () => {
  for (const each of opened.reverse()) await each.stop();
  certificates?.remove();
});

function storeAt(text: string, timeout: number = 10_000): ValkeyStore {
  const address = parseStateAddress(text);
  assert.ok(address.kind === "valkey");
  const store = new ValkeyStore(address, { timeout });
  opened.push({ stop: () => store.close() });
  return store;
}

async function redis(options: RedisOptions): Promise<Redis> {
  const server = await startRedis(options);
  opened.push(server);
  return server;
}

/** Makes sure that a server at an address cannot be used. */
async function refused(text: string, reason: RegExp): Promise<void> {
  const store = storeAt(text);
  for (const call of [() => store.check(), () => store.get("a")]) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof StoreUnavailableError, String(error));
      assert.match(error.reason, reason);
      assert.ok(error.lasting, "waiting does not help");
      assert.doesNotMatch(error.message, /hunter2|\n/);
      return true;
    });
  }
}

/** Makes sure that every call works. */
async function works(store: ValkeyStore): Promise<void> {
  assert.match((await store.check()).version ?? "", /^(Redis|Valkey) \d+\.\d+\.\d+/);
  await store.set("text", "1", HOUR);
  assert.equal(await store.get("text"), "1");
  assert.equal(await store.seen("sighting", HOUR), undefined);
  assert.notEqual(await store.seen("sighting", HOUR), undefined);
  assert.equal((await store.take("rate", { count: 2, per: HOUR })).left, 1);
  assert.equal((await store.info()).entries, 3);
  const kinds: string[] = [];
  for await (const { kind } of store.entries()) kinds.push(kind);
  assert.deepEqual(kinds.sort(), ["rate", "sighting", "text"]);
  for (const key of ["text", "sighting", "rate"]) await store.delete(key);
}

describe("a server", { skip }, () => {
  test("with a password wants it, from the address or a file", async () => {
    const { port, folder } = await redis({ settings: ["--requirepass", "hunter2/@:é%"] });
    const at = `127.0.0.1:${port}`;
    await refused(
      `redis://${at}`,
      /^it requires a password; write it into the address, as in redis:\/\/:PASSWORD@HOST$/,
    );
    await refused(`redis://:hunter3@${at}`, /^it does not accept the user or the password$/);
    await refused(`redis://joe:hunter2@${at}`, /^it does not accept the user or the password$/);
    await works(storeAt(`redis://:hunter2/@:é%25@${at}`));
    await works(storeAt(`redis://default:${encodeURIComponent("hunter2/@:é%")}@${at}/3`));
    const file = join(folder, "password");
    await refused(
      `redis://${at}?password-file=${file}`,
      /^cannot read \/.*\/password: there is no such file$/,
    );
    writeFileSync(file, "hunter2/@:é%\n");
    await works(storeAt(`redis://${at}?password-file=${file}`));
  });

  test("without a password does not mind one for its default user, unless it is an old one", async () => {
    const { port } = await redis({});
    await refused(`redis://joe:hunter2@127.0.0.1:${port}`, /^it does not accept the user or the password$/);
    const OLD: readonly [said: string, reason: RegExp][] = [
      [
        "ERR Client sent AUTH, but no password is set",
        /^it has no password; leave the login out of the address$/,
      ],
      ["ERR invalid password", /^it does not accept the user or the password$/],
      [
        "ERR wrong number of arguments for 'auth' command",
        /^it knows no users, only a password; write redis:/,
      ],
    ];
    for (const [said, reason] of OLD) {
      const old = await startAnswering(([name]) => name === "AUTH" ? `-${said}\r\n` : "+PONG\r\n");
      opened.push(old);
      await refused(`redis://joe:hunter2@127.0.0.1:${old.port}`, reason);
    }
  });

  test("may give a user our commands and keys alone", async () => {
    const { socket, cli } = await redis({ settings: ["--user", ...USER.split(" "), ">hunter2", "on"] });
    await works(storeAt(`redis+unix://milterkit:hunter2@${socket}?db=1`));
    await cli("acl", "setuser", "milterkit", "-evalsha");
    await refusedCheck(`redis+unix://milterkit:hunter2@${socket}`, /^it answers "NOPERM .*evalsha/i);
    await cli("acl", "setuser", "milterkit", "+evalsha", "resetkeys", "~other:*");
    await refusedCheck(`redis+unix://milterkit:hunter2@${socket}`, /^it answers "NOPERM /);
    await cli("acl", "setuser", "milterkit", "-info", "resetkeys", "~milterkit:*");
    assert.deepEqual(await storeAt(`redis+unix://milterkit:hunter2@${socket}`).check(), {
      version: undefined,
      bytes: undefined,
    });
  });

  test("has databases, which are apart", async () => {
    const { socket, port } = await redis({ settings: ["--databases", "3"] });
    const [first, second] = [storeAt(`redis://localhost:${port}/1`), storeAt(`redis+unix://${socket}?db=2`)];
    await first.set("a", "1", HOUR);
    assert.equal(await second.get("a"), undefined);
    await refused(`redis://127.0.0.1:${port}/3`, /^it has no database with this number$/);
  });

  test("with TLS must have a certificate of its name that is trusted", async () => {
    const { ca, cert, key, otherCert, oldCert } = certificates ??= await makeCertificates();
    const start = (own: string, clients: "yes" | "no") =>
      redis({ tls: { ca, cert: own, key }, settings: ["--tls-auth-clients", clients] });
    const { port } = await start(cert, "no");
    await works(storeAt(`rediss://127.0.0.1:${port}?ca=${ca}`));
    await works(storeAt(`rediss://localhost:${port}/1?ca=${ca}`));
    await refused(
      `rediss://localhost:${port}`,
      /^its certificate is not trusted; name the authority's file, as in \?ca=FILE$/,
    );
    await refused(`rediss://localhost:${port}?ca=${cert}`, /^its certificate is not trusted/);
    await refused(`rediss://localhost:${port}?ca=/nowhere`, /^cannot read \/nowhere: there is no such file$/);
    await refused(
      `rediss://localhost:${(await start(otherCert, "no")).port}?ca=${ca}`,
      /^its certificate is for another name$/,
    );
    await refused(
      `rediss://127.0.0.1:${(await start(otherCert, "no")).port}?ca=${ca}`,
      /^its certificate is for another name$/,
    );
    await refused(
      `rediss://localhost:${(await start(oldCert, "no")).port}?ca=${ca}`,
      /^its certificate is not valid at this time$/,
    );
    const strict = await start(cert, "yes");
    await refused(
      `rediss://localhost:${strict.port}?ca=${ca}`,
      /^it wants a certificate of ours; write \?cert=FILE&key=FILE$/,
    );
    await works(storeAt(`rediss://localhost:${strict.port}?ca=${ca}&cert=${cert}&key=${key}`));
  });

  test("and its address must agree on TLS", async () => {
    const { ca, cert, key } = certificates ??= await makeCertificates();
    const secure = await redis({ tls: { ca, cert, key }, settings: ["--tls-auth-clients", "no"] });
    const plain = await redis({});
    // It says nothing, as a proxy does that has no server: so waiting may help.
    await assert.rejects(
      storeAt(`redis://127.0.0.1:${secure.port}`).check(),
      /unavailable: it closed the connection at once; if it speaks TLS, write rediss:\/\/$/,
    );
    await assert.rejects(
      storeAt(`rediss://127.0.0.1:${plain.port}?ca=${ca}`, 300).check(),
      /unavailable: it did not answer within 300 ms; if it does not use TLS, write redis:\/\/$/,
    );
    const rude = await startPeer((socket) => socket.write("-ERR what is that?\r\n"));
    opened.push(rude);
    await refused(`rediss://127.0.0.1:${rude.port}?ca=${ca}`, /^it does not speak TLS; write redis:\/\/$/);
  });
});

/** As docs/many-machines.md has it. */
const USER =
  "milterkit ~milterkit:* -@all +ping +select +info +get +set +del +pexpire +pttl +scan +dbsize +time +eval +evalsha";

/** Makes sure that a check finds out what is not allowed. */
async function refusedCheck(text: string, reason: RegExp): Promise<void> {
  await assert.rejects(storeAt(text).check(), (error) => {
    assert.ok(error instanceof StoreUnavailableError && error.lasting, String(error));
    assert.match(error.reason, reason);
    return true;
  });
}
