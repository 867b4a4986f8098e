/**
 * The same three filters, as one Milterkit process and as three milters of others, behind one private Postfix with an
 * SMTP port for each.
 *
 * @module
 */

import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Nsd } from "../../tests/dns/nsd.ts";
import { messageText } from "../../tests/support/next_hop.ts";
import { type Postfix, startPostfix } from "../../tests/support/postfix.ts";
import type { Argv } from "../../tests/support/process.ts";
import { compileC } from "./build.ts";
import { type BenchFilter, startBenchFilter, startOpendkim } from "./dkim_filters.ts";
import { openClient } from "./smtp_load.ts";

/** The largest message that the filters let pass, in bytes. */
const MOST = 1_000_000;
/** The field that a filter adds. */
const FIELD = { name: "X-Checked", value: "yes" } as const;
/** Mail to this domain is delivered, so that it can be looked at; all other is discarded. */
const KEPT = "kept.example.test";
/** The recipient of the load. */
export const RECIPIENT = "other@example.test";

/** A way for mail through the MTA, and the filters that see it there. */
export interface Setup {
  readonly title: string;
  readonly port: number;
  readonly filters: readonly BenchFilter[];
}

/** All ways through one Postfix. */
export interface Setups {
  /** Without a filter. */
  readonly none: Setup;
  /** One process of Milterkit, with its defaults. */
  readonly chain: Setup;
  /** The same, which logs only warnings. */
  readonly quiet: Setup;
  /** A milter for each filter. */
  readonly separate: Setup;
  readonly postfix: Postfix;
  /** The id of Postfix's first process. */
  readonly master: number;
  stop(): Promise<void>;
}

/**
 * Starts the filters, and Postfix before them.
 *
 * @param folder a new folder that everybody may enter, since Postfix's processes connect to sockets in it
 * @param binary Milterkit's executable
 * @param nsd has the key of the signed mail
 */
export async function startSetups(folder: string, binary: string, nsd: Nsd): Promise<Setups> {
  const started: BenchFilter[] = [];
  const keep = async (starting: Promise<BenchFilter>): Promise<BenchFilter> => {
    const filter = await starting;
    started.push(filter);
    // Postfix connects as a user of its own.
    chmodSync(filter.socket, 0o666);
    return filter;
  };
  const stopFilters = async (): Promise<void> => {
    for (const filter of started) await filter.stop();
  };
  try {
    const [chain, quiet] = [
      [await keep(startChain("chain", folder, binary, nsd, []))],
      [await keep(startChain("quiet", folder, binary, nsd, ["--log-level", "warning"]))],
    ];
    const separate = [
      await keep(startOpendkim(folder, nsd.port)),
      await keep(startC("size-limit", folder, ["-m", String(MOST)])),
      await keep(startC("add-header", folder, ["-n", FIELD.name, "-v", FIELD.value])),
    ];
    const ways = [chain, quiet, separate].map((filters) => filters.map(({ socket }) => `unix:${socket}`));
    const postfix = await startPostfix({
      milters: [],
      ways,
      mainCf: {
        default_transport: "discard:",
        transport_maps: `inline:{ { ${KEPT} = smtp:$relayhost } }`,
        // No process ends within a run.
        max_use: "1000000",
        max_idle: "1h",
      },
    });
    const setup = (title: string, way: number, filters: readonly BenchFilter[]): Setup => ({
      title,
      port: postfix.wayPorts[way] ?? postfix.port,
      filters,
    });
    return {
      none: setup("no milter", -1, []),
      chain: setup("Milterkit, one process", 0, chain),
      quiet: setup("Milterkit, `--log-level warning`", 1, quiet),
      separate: setup("three milters", 2, separate),
      postfix,
      master: Number(readFileSync(join(postfix.configFolder, "../queue/pid/master.pid"), "latin1")),
      async stop() {
        await postfix.stop();
        await stopFilters();
      },
    };
  } catch (error) {
    await stopFilters();
    throw error;
  }
}

/**
 * Sends a signed message, and one that is too large, and looks at what became of them.
 *
 * @param signed a message with a good signature, as SMTP has it
 * @throws if a filter has not done its work
 */
export async function checkWork({ title, port }: Setup, postfix: Postfix, signed: string): Promise<void> {
  postfix.nextHop.clear();
  const client = await openClient(port);
  try {
    const [from, to] = ["someone@example.org", [`other@${KEPT}`]] as const;
    const taken = await client.message(from, [...to], signed);
    if (taken.code !== 250) throw new Error(`${title}: a good message was answered ${taken.lines.join(" ")}`);
    const large = await client.message(from, [...to], signed + "one more line\r\n".repeat(MOST / 15));
    if (large.code !== 552) {
      throw new Error(`${title}: a large message was answered ${large.lines.join(" ")}`);
    }
    await client.quit();
  } finally {
    client.destroy();
  }
  const [message] = await postfix.nextHop.waitFor(1);
  const [header = ""] = messageText(message!).split("\r\n\r\n");
  for (
    const wanted of [
      /^Authentication-Results:[^]*?\bdkim=pass\b/m,
      new RegExp(`^${FIELD.name}: ${FIELD.value}$`, "m"),
    ]
  ) {
    if (!wanted.test(header)) throw new Error(`${title}: nothing like ${wanted} in\n${header}`);
  }
}

function startChain(
  name: string,
  folder: string,
  binary: string,
  nsd: Nsd,
  options: readonly string[],
): Promise<BenchFilter> {
  const socket = join(folder, `${name}.sock`);
  return startBenchFilter(
    "Milterkit",
    [
      ...[binary, "serve", "--listen", `unix:${socket}`, "--dns-server", nsd.address, ...options] as const,
      ...["--authserv-id", "mx.example.test", "--filter", "dkim-check"],
      ...["--filter", "size-limit", "--max", String(MOST)],
      ...["--filter", "header-rewrite", "--add", `${FIELD.name}: ${FIELD.value}`],
    ],
    socket,
    join(folder, `${name}.log`),
  );
}

async function startC(name: string, folder: string, args: readonly string[]): Promise<BenchFilter> {
  const [program, socket] = [join(folder, name), join(folder, `${name}.socket`)];
  await compileC(`${name}-libmilter.c`, program, "-lmilter", "-lpthread");
  const command: Argv = [program, "-p", `unix:${socket}`, ...args];
  return startBenchFilter(name, command, socket);
}
