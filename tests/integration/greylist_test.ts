// Greylisting behind Postfix, of a sender that is a Postfix, too, and whose every attempt comes from another address; and what
// is known after a reload and a restart, and while the state is away.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { fetchText } from "../support/http.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { type Postfix, postfixProblem, startPostfix } from "../support/postfix.ts";
import { at, captured } from "../support/present.ts";
import { samplesOf } from "../support/prometheus.ts";
import { SmtpClient, type SmtpReply } from "../support/smtp_client.ts";
import { sleep } from "../support/process.ts";
import { withFiles, write } from "./user_filter/support.ts";

const skip = skipFor(await postfixProblem());

/** The addresses of the sender's pool, in several networks. None has a name. */
const POOL = ["198.51.100.1", "203.0.113.1", "198.51.100.2", "192.0.2.1"];
const STRANGER = "192.0.2.200";

const RECORDS = `
pool.example        "v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 ip4:192.0.2.1 -all"
spread.example      "v=spf1 ?all"
`;

/** The reply to mail that has to wait. */
const WAIT = /^Greylisted, please try again in \d+ seconds?$/;

/** Connects clients to a Postfix that believes what is said of their addresses (the PROXY protocol of HAProxy). */
class Pool {
  /** The addresses so far, in order. */
  readonly used: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #forced: string | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static open(target: number): Promise<Pool> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      const pool = new Pool(server);
      server.on("connection", (client: Socket) => pool.#pass(client, target));
      server.on("error", reject);
      server.listen(0, "127.0.0.1", () => resolve(pool));
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  #pass(client: Socket, target: number): void {
    const address = this.#forced ?? at(POOL, this.used.length % POOL.length);
    this.used.push(address);
    const server = connect(target, "127.0.0.1");
    server.write(`PROXY TCP4 ${address} 192.0.2.25 25000 25\r\n`);
    for (const [from, to] of [[client, server], [server, client]] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  }

  /** An SMTP client at an address. */
  async from<T>(address: string, use: (client: SmtpClient) => Promise<T>): Promise<T> {
    this.#forced = address;
    const client = await SmtpClient.connect(this.port);
    this.#forced = undefined;
    try {
      await client.ehlo("mail.pool.example");
      return await use(client);
    } finally {
      client.destroy();
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

interface Site {
  milterkit: Milterkit;
  receiver: Postfix;
  pool: Pool;
  /** How many recipients there were with a result. */
  count(result: string): Promise<number>;
}

/** Serves a greylist, with a Postfix before it and a pool before that. */
async function withSite(options: readonly string[], use: (site: Site) => Promise<void>): Promise<void> {
  await withFiles({ "records": RECORDS }, async (folder) => {
    const milterkit = await Milterkit.start([
      ...["serve", "--listen", "inet:0@127.0.0.1", "--metrics", "0", "--dns-records", "records"],
      ...["--filter", "greylist", ...options],
    ], { cwd: folder });
    const receiver = await startPostfix({
      milters: [milterkit.address],
      mainCf: {
        mynetworks: "0.0.0.0/0",
        smtpd_upstream_proxy_protocol: "haproxy",
        // These addresses have no names, and the machine's name servers are not asked for them.
        smtpd_peername_lookup: "no",
      },
    });
    const pool = await Pool.open(receiver.port);
    try {
      const page = captured(milterkit.log(), /metrics and health at (http:\S+)/);
      await use({
        milterkit,
        receiver,
        pool,
        async count(result) {
          const name = `milterkit_custom_greylist_recipients_total{filter="greylist",result="${result}"}`;
          return samplesOf((await fetchText(new URL("metrics", page).href)).text).get(name) ?? 0;
        },
      });
    } finally {
      pool.close();
      await receiver.stop();
      await milterkit.stop();
    }
  });
}

/**
 * Has a Postfix try again until something has happened. Its own queue runs pass over a message whose last attempt is just
 * ending, and do not come back to it soon.
 */
async function retriedUntil<T>(sender: Postfix, event: Promise<T>): Promise<T> {
  let isOver = false;
  const over = event.finally(() => isOver = true);
  over.catch(() => {});
  while (!isOver) {
    await Promise.race([over, sleep(700)]);
    if (!isOver) await sender.retry();
  }
  return await over;
}

const MESSAGE = "Subject: x\n\nHello\n";

test(
  "the first mail of a sender with a pool of addresses passes after one delay, and its next one at once",
  { skip, timeout: 120_000 },
  async () => {
    await withSite(["--check-spf-pass", "--delay", "2s"], async ({ receiver, pool, count }) => {
      const sender = await startPostfix({
        milters: [],
        mainCf: { relayhost: `[127.0.0.1]:${pool.port}` },
      });
      try {
        await sender.sendmail(["-f", "joe@pool.example", "ann@example.test"], MESSAGE);
        const [first] = await retriedUntil(sender, receiver.nextHop.waitFor(1));
        assert.match(first?.mail ?? "", /^<joe@pool\.example>/);
        const attempts = pool.used.length;
        assert.ok(attempts > 1 && new Set(pool.used).size === Math.min(attempts, POOL.length));
        assert.equal(await count("put-off"), 1, "no other address of the pool begins anew");
        assert.equal(await count("early"), attempts - 2);
        assert.equal(await count("waited"), 1);
        assert.match(await sender.logs(), /451 4\.7\.1 .*Greylisted, please try again in 2 seconds/);

        await sender.sendmail(["-f", "joe@pool.example", "ann@example.test"], MESSAGE);
        await receiver.nextHop.waitFor(2);
        assert.equal(pool.used.length, attempts + 1);
        assert.equal(await count("known"), 1);
      } finally {
        await sender.stop();
      }
    });
  },
);

test("what Postfix says to senders that wait", { skip, timeout: 120_000 }, async () => {
  await withSite(
    ["--delay", "1h", "--not-recipient", "free@example.test"],
    async ({ receiver, pool, count }) => {
      const reply = (code: number, { code: found, enhanced, text }: SmtpReply) => {
        assert.deepEqual([found, enhanced], [code, "4.7.1"]);
        assert.match(text.replace(/^<[^>]*>: /, ""), WAIT);
      };

      await pool.from(STRANGER, async (client) => {
        await client.mail("joe@pool.example");
        reply(451, await client.rcpt("ann@example.test"));
        assert.equal((await client.rcpt("free@example.test")).code, 250);
        assert.equal((await client.rcpt("postmaster@example.test")).code, 250);
        assert.equal((await client.data(MESSAGE)).code, 250);
      });
      const [received] = await receiver.nextHop.waitFor(1);
      assert.equal(received?.rcpts.length, 2);

      await pool.from(STRANGER, async (client) => {
        await client.mail("<>");
        assert.equal((await client.rcpt("ann@example.test")).code, 250, "an address can be checked");
        await client.rset();
        assert.equal(await count("put-off"), 1, "that begins nothing");
        await client.mail("<>");
        await client.rcpt("ann@example.test");
        reply(451, await client.command("DATA"));
      });

      const spread = async (address: string) =>
        await pool.from(address, async (client) => {
          await client.mail("joe@spread.example");
          return (await client.rcpt("ann@example.test")).code;
        });
      assert.deepEqual([await spread("198.51.100.1"), await spread("203.0.113.1")], [451, 451]);
      assert.deepEqual(
        [await count("put-off"), await count("early")],
        [4, 0],
        "nobody vouches for this pool",
      );

      await pool.from("198.51.100.1", async (client) => {
        await client.mail("joe@pool.example");
        assert.equal((await client.rcpt("ann@example.test")).code, 250, "SPF passes");
      });
    },
  );
});

describe("the state of a greylist", () => {
  /** What the filter says to mail of a sender. */
  async function said(milterkit: Milterkit, sender: string): Promise<string> {
    const mta = await MtaClient.open(milterkit.address);
    try {
      await mta.connect({ hostname: "unknown", family: "inet", address: STRANGER, port: 25000 });
      await mta.helo("mail.example.com");
      await mta.mail(sender);
      const { reply } = await mta.rcpt("ann@example.test");
      mta.abort();
      return reply?.lines.join() ?? "accepted";
    } finally {
      mta.quit();
    }
  }

  /** Asks until mail has waited long enough. */
  async function wait(milterkit: Milterkit, sender: string): Promise<void> {
    while (await said(milterkit, sender) !== "accepted") await sleep(100);
  }

  const config = (state: string) =>
    `listen = "inet:0@127.0.0.1"
${state}
state-timeout = "10s"
dns-records = "records"
workers = 2
[[filter]]
name = "greylist"
delay = "1s"
`;

  it("is the same after a reload and for each worker, and in a file after a restart", async () => {
    await withFiles({ records: RECORDS }, async (folder) => {
      const file = join(folder, "state.db");
      write(folder, "m.toml", config(`state = "${file}"`));
      const start = () => Milterkit.start(["serve", "--config", "m.toml"], { cwd: folder, addresses: 1 });
      let milterkit = await start();
      try {
        await wait(milterkit, "joe@spread.example");
        const known = async (stranger: string) => {
          // Connections go to the workers in turn.
          for (let time = 0; time < 4; time++) {
            assert.equal(await said(milterkit, "joe@spread.example"), "accepted");
          }
          assert.match(await said(milterkit, `${stranger}@spread.example`), WAIT);
        };
        await known("ann");
        milterkit.signal("SIGHUP");
        await milterkit.waitForLine((line) => line.includes("reloaded"));
        await known("bob");
        await milterkit.stop();
        milterkit = await start();
        await known("eve");
        milterkit.signal("SIGKILL");
        await milterkit.ended;
        milterkit = await start();
        await known("max");
      } finally {
        await milterkit.stop();
      }
    });
  });

  it("that does not answer lets mail pass, or defers what is suspicious, and never both", async () => {
    for (
      const [what, answer] of [["accept", "accepted"], [
        "tempfail",
        "Cannot decide at the moment, please try again later",
      ]]
    ) {
      await withFiles({ records: RECORDS }, async (folder) => {
        write(folder, "m.toml", config(`state = "redis://127.0.0.1:1"\non-state-error = "${what}"`));
        const milterkit = await Milterkit.start(["serve", "--config", "m.toml"], {
          cwd: folder,
          addresses: 1,
        });
        try {
          for (let time = 0; time < 4; time++) {
            assert.equal(await said(milterkit, "joe@spread.example"), answer);
          }
        } finally {
          await milterkit.stop();
        }
      });
    }
  });
});
