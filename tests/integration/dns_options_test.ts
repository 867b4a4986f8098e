// `serve --dns-server`, `--dns-timeout` and `--dns-records`: one DNS for all filters, which dkim-check may override.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { toBytes } from "../../lib/message/text.ts";
import { response, TestServer, txt } from "../dns/support.ts";
import { fetchText } from "../support/http.ts";
import { Milterkit } from "../support/milterkit.ts";
import { captured } from "../support/present.ts";
import { PROGRAM } from "../support/programs.ts";
import { samplesOf } from "../support/prometheus.ts";
import { runIn, serving, withFiles, write } from "./user_filter/support.ts";

const [title, program] = PROGRAM;

/** Looks up a name at MAIL and says what it found. */
const ASKER = `import { defineFilter } from "milterkit";
export default defineFilter({
  name: "asker",
  verdicts: [],
  create: (_, kit) => ({
    async mail({ address }) {
      const domain = address.replace(/.*@/, "");
      const texts = await kit.dns.txt(domain).then(String, (error) => error.status);
      const { status } = await kit.resolver.resolveTxt(domain);
      kit.log.info("found", { texts, status });
    },
  }),
});
`;

const FILES = {
  "asker.ts": ASKER,
  "records.txt":
    "example.org TXT from-the-file\nslow.example.org TIMEOUT\ns._domainkey.example.org TXT v=DKIM1; p=\n",
};

/** A signature that no key can confirm: what is said of it depends only on how the lookup of the key went. */
const SIGNED = "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; h=From; bh=" +
  "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; b=YWJj\r\nFrom: a@example.org\r\n\r\n\r\n";

async function send(milterkit: Milterkit, sender: string): Promise<string> {
  const client = await MtaClient.open(milterkit.address);
  const { modifications } = await client.message(toBytes(SIGNED), { from: sender, to: ["b@example.net"] })
    .then(({ answer }) => answer);
  client.quit();
  return modifications.map((change) => "value" in change ? new TextDecoder().decode(change.value) : "")
    .join();
}

/** What the filter found for a sender's domain. */
async function found(milterkit: Milterkit, sender: string): Promise<string> {
  const before = milterkit.lines.length;
  await send(milterkit, sender);
  const line = await milterkit.waitForLine((line) =>
    milterkit.lines.indexOf(line) >= before && line.includes("filter asker: found")
  );
  return captured(line, /found (.*)$/);
}

describe(`the DNS of serve, ${title}`, () => {
  test("comes from a file for all filters", { timeout: 120_000 }, async () => {
    await withFiles(FILES, async (folder) => {
      const args = ["--dns-records", "records.txt", "--filter", "./asker.ts", "--filter", "dkim-check"];
      await serving(folder, program, args, async (milterkit) => {
        assert.equal(await found(milterkit, "a@example.org"), "texts=from-the-file status=found");
        assert.equal(await found(milterkit, "a@slow.example.org"), "texts=timeout status=timeout");
        assert.equal(await found(milterkit, "a@example.net"), 'texts="" status=nxdomain');
        assert.match(await send(milterkit, "a@example.org"), /dkim=permerror .*revoked/s);
      });
    });
  });

  test(
    "comes from servers, with one cache for all filters, and is counted",
    { timeout: 120_000 },
    async () => {
      const server = await TestServer.start((query) =>
        query.name.startsWith("silent")
          ? undefined
          : response({ ...query, answers: [txt(query.name, 60, "served")] })
      );
      try {
        await withFiles(FILES, async (folder) => {
          const dns = ["--dns-server", server.address, "--dns-timeout", "200ms"];
          const filters = ["--filter", "./asker.ts", "--filter", "./asker.ts", "--label", "second"];
          await serving(folder, program, [...dns, "--metrics", "0", ...filters], async (milterkit) => {
            assert.equal(await found(milterkit, "a@example.org"), "texts=served status=found");
            await milterkit.waitForLine((line) => line.includes("filter second: found texts=served"));
            assert.equal(server.queries.length, 1);
            assert.equal(await found(milterkit, "a@silent.example"), "texts=timeout status=timeout");
            const at = /metrics and health at (http:\S+)/;
            const url = captured(await milterkit.waitForLine((line) => at.test(line)), at);
            const samples = samplesOf((await fetchText(`${url}metrics`)).text);
            assert.equal(samples.get('milterkit_dns_lookups_total{result="found"}'), 1);
            assert.ok(samples.get("milterkit_dns_cache_hits_total")! >= 3);
          });
        });
      } finally {
        await server.stop();
      }
    },
  );

  test("gives way to the options of dkim-check", { timeout: 120_000 }, async () => {
    const server = await TestServer.start((query) => response({ ...query, rcode: 3 }));
    try {
      await withFiles({ ...FILES, "other.txt": "s._domainkey.example.org SERVFAIL\n" }, async (folder) => {
        const own: [given: string[], result: RegExp][] = [
          [[], /dkim=permerror .*no key/s],
          [["--dns-timeout", "3s"], /dkim=permerror .*no key/s],
          [["--dns-records", "other.txt", "--on-dns-error", "accept"], /dkim=temperror/],
        ];
        for (const [given, result] of own) {
          const before = server.queries.length;
          const args = ["--dns-server", server.address, "--filter", "dkim-check", ...given];
          await serving(folder, program, args, async (milterkit) => {
            assert.match(await send(milterkit, "a@example.org"), result, given.join(" "));
          });
          assert.equal(
            server.queries.length - before,
            given.includes("--dns-records") ? 0 : 1,
            given.join(" "),
          );
        }
      });
    } finally {
      await server.stop();
    }
  });

  test("can be set in a configuration, with a file beside it, and changed by a reload", {
    timeout: 120_000,
  }, async () => {
    const config = (records: string) => `dns-records = "${records}"\n[[filter]]\nname = "../asker.ts"\n`;
    await withFiles(
      { ...FILES, "etc/a.txt": "example.org A-TEXT\n", "etc/b.txt": "example.org B-TEXT\n" },
      async (folder) => {
        const listen = 'listen = "inet:0@127.0.0.1"\n';
        write(folder, "etc/m.toml", listen + config("a.txt"));
        const milterkit = await Milterkit.startCommand([...program, "serve", "--config", "etc/m.toml"], {
          cwd: folder,
        });
        try {
          await milterkit.waitForLine((line) => / runs /.test(line));
          assert.equal(await found(milterkit, "a@example.org"), "texts=A-TEXT status=found");
          write(folder, "etc/m.toml", listen + config("b.txt"));
          milterkit.signal("SIGHUP");
          await milterkit.waitForLine((line) => / get the new version/.test(line));
          assert.equal(await found(milterkit, "a@example.org"), "texts=B-TEXT status=found");
          write(folder, "etc/m.toml", `${listen}dns-server = ["127.0.0.1"]\n${config("a.txt")}`);
          milterkit.signal("SIGHUP");
          const line = await milterkit.waitForLine((line) => /the previous version stays in use/.test(line));
          assert.match(
            line,
            /m\.toml:3:\d+: invalid dns-records .*with it no server is asked; leave out dns-server/,
          );
        } finally {
          await milterkit.stop();
        }
      },
    );
  });

  test(
    "is refused if dkim-check would wait for a server that is not asked",
    { timeout: 120_000 },
    async () => {
      await withFiles(FILES, async (folder) => {
        const { code, stderr } = await runIn(
          folder,
          program,
          ...["serve", "--listen", "inet:0@127.0.0.1", "--dns-records", "records.txt"],
          ...["--filter", "dkim-check", "--dns-timeout", "2s"],
        );
        assert.equal(code, 2, stderr);
        assert.match(
          stderr,
          /--filter dkim-check: Invalid --dns-timeout "2s": the service takes its answers from --dns-records/,
        );
        const unreadable = await runIn(
          folder,
          program,
          ...["serve", "--listen", "inet:0@127.0.0.1", "--dns-records", "none.txt", "--filter", "./asker.ts"],
        );
        assert.equal(unreadable.code, 2);
        assert.match(
          unreadable.stderr,
          /^milterkit serve: Invalid --dns-records "none\.txt": .*no such file/,
        );
      });
    },
  );
});
