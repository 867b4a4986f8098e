// Other programs that read Authentication-Results: whose does each take a field for?
import { latin1 } from "../../lib/auth/bytes.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { findCommand, run } from "../support/process.ts";
import { type MilterDaemon, startMilterDaemon } from "../support/milter_daemon.ts";
import { GUARDED_DOMAIN, opendmarcProblem, startOpendmarc } from "../support/opendmarc.ts";
import { fileURLToPath } from "node:url";
import { bytes } from "./dkim/support.ts";

/** A program that reads Authentication-Results. */
export interface ResultsReader {
  readonly name: string;
  /** Why it cannot be asked here, or undefined if it can. */
  problem(): Promise<string | undefined>;
  /**
   * Whether it takes each of these fields for one of this id, results of which it believes.
   *
   * @param values What follows the colon and a space, one character per byte, CRLF and white space between lines.
   */
  takesForOurs(values: readonly string[], id: string): Promise<boolean[]>;
}

export const RESULTS_READERS: readonly ResultsReader[] = [
  {
    name: "opendmarc",
    problem: opendmarcProblem,
    async takesForOurs(values, id) {
      return await askMilter(
        await startOpendmarc(id),
        values,
        ({ modifications }) =>
          modifications.some((each) =>
            each.type === "insertHeader" && latin1(each.value).includes("dmarc=pass")
          ),
      );
    },
  },
  {
    name: "opendkim",
    problem: () => Promise.resolve(findCommand("opendkim") ? undefined : "needs opendkim (Debian: opendkim)"),
    async takesForOurs(values, id) {
      const daemon = await startMilterDaemon(
        "opendkim",
        (folder, socket) =>
          `Mode v\nAuthservID ${id}\nSyslog no\nSocket local:${socket}\nPidFile ${folder}/pid\n`,
        (command, configuration) => [command, "-f", "-x", configuration],
      );
      return await askMilter(
        daemon,
        values,
        ({ modifications }) =>
          modifications.some((each) => each.type === "changeHeader" && each.value.length === 0),
      );
    },
  },
  scripted("authres", "python3", "authres_ids.py", "python3-authres"),
  scripted(
    "Mail::AuthenticationResults",
    "perl",
    "mail_authres_ids.pl",
    "libmail-authenticationresults-perl",
  ),
];

function scripted(name: string, command: string, script: string, needs: string): ResultsReader {
  // Debian's own interpreter: the packages are for that one.
  const argv = [`/usr/bin/${command}`, fileURLToPath(new URL(`./peers/${script}`, import.meta.url))] as const;
  return {
    name,
    async problem() {
      const missing = `needs ${name} (Debian: ${needs})`;
      return await run(argv).then(({ code }) => code === 0 ? undefined : missing, () => missing);
    },
    async takesForOurs(values, id) {
      const input = JSON.stringify(values.map((value) => Buffer.from(value, "latin1").toString("base64")));
      const { code, stdout, stderr } = await run(argv, { input: input + "\n" });
      if (code !== 0) throw new Error(`${name}: exit code ${code}: ${stderr}`);
      const found: string[][] = JSON.parse(stdout);
      return found.map((ids) => ids.some((each) => each.toLowerCase().replace(/\.+$/, "") === id));
    },
  };
}

/** The Authentication-Results field that opendmarc adds to a message which has each of these. */
export async function writtenByOpendmarc(values: readonly string[], id: string): Promise<Uint8Array[]> {
  const written = await askMilter(
    await startOpendmarc(id),
    values,
    ({ modifications }) =>
      modifications.flatMap((each) =>
        each.type === "insertHeader" && /^authentication-results$/i.test(latin1(each.name))
          ? [each.value]
          : []
      ),
  );
  return written.flat();
}

type Answer = Awaited<ReturnType<MtaClient["eom"]>>;

/** Sends it a message with each field, over one connection. */
async function askMilter<T>(
  daemon: MilterDaemon,
  values: readonly string[],
  judge: (answer: Answer) => T,
): Promise<T[]> {
  try {
    const client = await MtaClient.open(daemon.address);
    await client.connect({ hostname: "client.example", family: "inet", address: "192.0.2.1", port: 25 });
    await client.helo("client.example");
    const judgements: T[] = [];
    for (const value of values) {
      const header = [
        // As Postfix tells of it: LF between lines, nothing behind a NUL.
        HeaderField.of("Authentication-Results", bytes(value.replaceAll("\r\n", "\n").replace(/\0.*/s, ""))),
        HeaderField.of("From", `a@${GUARDED_DOMAIN}`),
        HeaderField.of("Date", "Mon, 6 Oct 2025 10:00:00 +0000"),
        HeaderField.of("Message-ID", "<1@example.org>"),
      ];
      const { event, answer } = await client.message(
        { header, body: bytes("hello\r\n") },
        { from: "a@client.example", to: ["b@example.test"] },
      );
      if (event !== "eom") throw new Error(`${event} was answered with ${answer.verdict}`);
      judgements.push(judge(answer));
    }
    client.quit();
    return judgements;
  } finally {
    await daemon.stop();
  }
}
