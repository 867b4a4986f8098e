// The filter with keys from a real name server.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { dkimCheck } from "../../filters/dkim_check/dkim_check.ts";
import { type Nsd, nsdProblem, startNsd, txtLine, zoneHead } from "../dns/nsd.ts";
import { skipFor } from "../support/instance.ts";
import { type Given, madeFilter } from "../support/made_filter.ts";
import { outcomeOf } from "./filter_support.ts";
import { ed25519Key, type Message, rsaKey, SAMPLE, signMessage } from "../auth/dkim/support.ts";

const keys = {
  small: rsaKey(1024),
  usual: rsaKey(2048),
  large: rsaKey(4096),
  edwards: ed25519Key(),
};
const padded = `n=${"notes that nobody reads ".repeat(200)}; `;

const skip = skipFor(nsdProblem());
const servers: Nsd[] = [];
after(async () => {
  for (const server of servers) await server.stop();
});

async function started(zones: Record<string, string>): Promise<Nsd> {
  const server = await startNsd(zones);
  servers.push(server);
  return server;
}

let good: Promise<Nsd> | undefined;

function goodServer(): Promise<Nsd> {
  const lines = Object.entries(keys).map(([name, { record }]) =>
    txtLine(`${name}._domainkey`, record) + txtLine(`${name}-shreds._domainkey`, record, 33) +
    txtLine(`${name}-tcp._domainkey`, record.replace("v=DKIM1; ", `v=DKIM1; ${padded}`))
  );
  return good ??= started({
    "example.org": zoneHead("example.org") + lines.join("") + "alias._domainkey IN CNAME usual._domainkey\n" +
      "nodata._domainkey IN A 192.0.2.1\n" + txtLine("revoked._domainkey", "v=DKIM1; p="),
  });
}

const by = (key: keyof typeof keys, selector: string = key): Message =>
  signMessage(SAMPLE, { key: keys[key], tags: { s: selector } });

async function resultOf(message: Message, ...given: Given) {
  const filter = await madeFilter(dkimCheck, [["authserv-id", "mx"], ...given]);
  const { results, verdict, failures } = await outcomeOf(filter, message);
  assert.deepEqual(failures, []);
  return { result: /dkim=\w+/.exec(results[0] ?? "")?.[0], verdict, results };
}

test("keys of every size pass, however the zone splits them, over UDP and TCP", { skip }, async () => {
  const { address } = await goodServer();
  for (const key of Object.keys(keys) as (keyof typeof keys)[]) {
    for (const selector of [key, `${key}-shreds`, `${key}-tcp`]) {
      const { result, results } = await resultOf(by(key, selector), ["dns-server", address]);
      assert.equal(result, "dkim=pass", `${selector}: ${results}`);
    }
  }
  assert.equal((await resultOf(by("usual", "alias"), ["dns-server", address])).result, "dkim=pass");
});

test(
  "no such key is permerror; a failing, refusing or silent server is temperror and tempfail",
  { skip },
  async () => {
    const { address } = await goodServer();
    for (const selector of ["nothing", "nodata", "revoked"]) {
      const { result, verdict } = await resultOf(by("usual", selector), ["dns-server", address]);
      assert.deepEqual([result, verdict], ["dkim=permerror", "continue"], selector);
      const refused = await resultOf(by("usual", selector), ["dns-server", address], ["on-no-key", "reject"]);
      assert.match(refused.verdict, /^reject \(550 5\.7\.20 /);
    }
    const broken = await started({ "example.org": "this is no zone file\n" });
    const other = await started({ "example.com": zoneHead("example.com") });
    const silent = createSocket("udp4");
    await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", () => resolve()));
    try {
      const silentAddress = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const cases = [[broken.address, "servfail"], [other.address, "refused"], [
        silentAddress,
        "timeout",
      ]] as const;
      for (const [server, why] of cases) {
        // Only of the silent one the time ends.
        const given: Given = [["dns-server", server], ["dns-timeout", why === "timeout" ? "100ms" : "10s"]];
        const { verdict } = await resultOf(by("usual"), ...given);
        assert.match(verdict, new RegExp(`^tempfail \\(451 4\\.7\\.20 .*the key lookup failed \\(${why}\\)`));
        const { result } = await resultOf(by("usual"), ...given, ["on-dns-error", "accept"]);
        assert.equal(result, "dkim=temperror");
        const helped: Given = [["dns-server", server], ["dns-server", address], ["dns-timeout", "10s"]];
        assert.equal(
          (await resultOf(by("usual"), ...helped)).result,
          "dkim=pass",
          `${why}, then the second server`,
        );
      }
    } finally {
      await new Promise<void>((resolve) => silent.close(() => resolve()));
    }
  },
);
