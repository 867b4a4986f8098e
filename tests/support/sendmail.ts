/** A private Sendmail: unpacked, with its own configuration, queue, port and host name. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { serverProblem, unpack, unpackedEnv } from "./debian.ts";
import {
  HOST_NAME,
  type MailServer,
  makeFolder,
  readLogs,
  REFUSED_RECIPIENT,
  startPrivately,
  UNKNOWN_RECIPIENT,
  waitForLog,
  writeShared,
} from "./instance.ts";
import { LogTail } from "./log_tail.ts";
import { parseMilterAddress, sendmailAddress } from "./milter_address.ts";
import type { NextHop } from "./next_hop.ts";
import { freePort, freePorts } from "./ports.ts";
import { type Argv, childrenOf, runOrThrow, sleep, startDaemon } from "./process.ts";
import { startSyslog } from "./syslog.ts";

/** Settings for {@link startSendmail}. */
export interface SendmailOptions {
  /**
   * Each as unix:/path, inet:port@host or inet:host:port. The folder of a UNIX socket has to exist
   * before, and nobody but its owner may be able to write to it.
   */
  milters: string[];
  /** F= of INPUT_MAIL_FILTER, what to do without the milter: tempfail, the default, reject, or go on. */
  flags?: "T" | "R" | "";
  /** Seconds for the time-outs C, S, R and E of INPUT_MAIL_FILTER. */
  timeouts?: { connect?: number; send?: number; read?: number; total?: number };
  /** More lines for sendmail.mc, before its MAILER lines. */
  mc?: string[];
  /** More ways in, each with a port of its own and with these milters in the place of `milters`. */
  ways?: string[][];
  /** The socket of a saslauthd, which clients may log in with: on a port of its own. */
  saslauthd?: string;
}

/** A running private Sendmail. */
export interface Sendmail extends MailServer {
  /** The folder with sendmail.mc and sendmail.cf. */
  readonly configFolder: string;
  /** The ports of the further ways in. */
  readonly wayPorts: readonly number[];
  /** The port on which clients may log in. */
  readonly loginPort: number;
  /** A function that gives what was logged since its last call, or since the start. */
  follow(): () => string;
  /** Waits until no session is open and no delivery going on. */
  idle(timeoutMs?: number): Promise<void>;
  /** The files of messages in the queue: `qf` and a queue id, `hf` for one in quarantine. */
  queued(): string[];
  /** Takes all messages out of quarantine and waits until they are delivered. */
  release(): Promise<void>;
}

/** Why no private Sendmail can be started here, or undefined if one can. */
export function sendmailProblem(): Promise<string | undefined> {
  return serverProblem("sendmail");
}

/** Starts a private Sendmail, which takes mail for everyone and hands it to its next hop. */
export async function startSendmail(options: SendmailOptions): Promise<Sendmail> {
  const root = await unpack("sendmail");
  return await startPrivately("Sendmail", (folder, nextHop) => startOnce(root, folder, nextHop, options));
}

async function startOnce(
  root: string,
  folder: string,
  nextHop: NextHop,
  options: SendmailOptions,
): Promise<Sendmail> {
  const config = join(folder, "conf");
  const errorFile = join(folder, "stderr");
  const port = await freePort();
  const wayPorts = await freePorts(options.ways?.length ?? 0);
  const loginPort = await freePort();
  makeFolder(config);
  const { lines, socketFolders } = filterLines(options, wayPorts);
  if (options.saslauthd) {
    makeFolder(join(folder, "sasl2"));
    const text = `pwcheck_method: saslauthd\nsaslauthd_path: ${options.saslauthd}\nmech_list: PLAIN\n`;
    writeShared(join(folder, "sasl2/Sendmail.conf"), text);
    lines.push(...loginLines(loginPort));
  }
  const queue = join(folder, "queue");
  mkdirSync(queue);
  chmodSync(queue, 0o700);
  writeShared(join(config, "service.switch"), "hosts\tfiles\naliases\tfiles\n");
  writeShared(join(config, "aliases"), "");
  const mc = sendmailMc(folder, port, nextHop.port, [...lines, ...options.mc ?? []]);
  writeShared(join(config, "sendmail.mc"), mc);

  const env = unpackedEnv(root);
  const macros = join(root, "usr/share/sendmail/cf");
  const m4: Argv = [join(root, "usr/bin/m4"), `-D_CF_DIR_=${macros}/`, join(macros, "m4/cf.m4")];
  writeShared(join(config, "sendmail.cf"), await runOrThrow([...m4, join(config, "sendmail.mc")], { env }));

  const syslog = await startSyslog(join(folder, "log.sock"));
  const script = fileURLToPath(new URL("sendmail-ns.sh", import.meta.url));
  const program = join(root, "usr/libexec/sendmail/sendmail");
  const pidFile = join(folder, "sendmail.pid");
  const command = (...args: string[]): Argv => [
    "sh",
    ...[script, folder, HOST_NAME, socketFolders.join("\n")],
    ...[program, "-C", join(config, "sendmail.cf"), ...args],
  ];
  const daemon = startDaemon(command("-bD"), env, errorFile);
  let kept: string | undefined;
  const read = () => kept ?? syslog.text() + readLogs(errorFile);
  const queued = () => readdirSync(queue).filter((name) => /^[qh]f/.test(name));
  const end = async () => {
    await daemon.stop();
    kept ??= read();
    await syslog.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitForLog(daemon, read, /started as: |address already in use/i, 40_000);
    if (/address already in use/i.test(read())) throw new Error(read());
  } catch (error) {
    await end();
    throw error;
  }
  return {
    port,
    nextHop,
    configFolder: config,
    wayPorts,
    loginPort,
    logs: () => Promise.resolve(read()),
    follow() {
      const read = syslog.follow();
      const errors = new LogTail(errorFile);
      return () => read() + errors.read();
    },
    async idle(timeoutMs = 40_000) {
      // every session, and every delivery, is a process below the one that listens
      const end = Date.now() + timeoutMs;
      const pid = Number(readFileSync(pidFile, "latin1").split("\n")[0]);
      while (childrenOf(pid).length > 0) {
        if (Date.now() > end) throw new Error(`Sendmail is still at work after ${timeoutMs} ms:\n${read()}`);
        await sleep(5);
      }
      await syslog.caughtUp();
    },
    queued,
    async release() {
      // the first lets them go, limited to those in quarantine; the second has others deliver them
      await runOrThrow(command("-qQ", "-Q"), { env });
      await runOrThrow(command("-q"), { env });
      for (const end = Date.now() + 40_000; queued().length > 0; await sleep(5)) {
        if (Date.now() > end) throw new Error(`Sendmail does not deliver ${queued().join(", ")}:\n${read()}`);
      }
      await syslog.caughtUp();
    },
    async stop() {
      await end();
      await nextHop.stop();
    },
  };
}

function loginLines(port: number): string[] {
  return [
    "define(`confAUTH_MECHANISMS', `PLAIN')dnl",
    "TRUST_AUTH_MECH(`PLAIN')dnl",
    `DAEMON_OPTIONS(\`Family=inet, Name=MSA, Addr=127.0.0.1, Port=${port}')dnl`,
  ];
}

function filterLines(
  options: SendmailOptions,
  wayPorts: readonly number[],
): { lines: string[]; socketFolders: string[] } {
  const { connect = 10, send = 30, read = 30, total = 60 } = options.timeouts ?? {};
  const flags = options.flags ?? "T";
  const times = `T=C:${connect}s;S:${send}s;R:${read}s;E:${total}s`;
  const socketFolders: string[] = [];
  const names = new Map<string, string>();
  let count = 0;
  const lines: string[] = [];
  const define = (macro: string, text: string) => {
    const name = `filter${++count}`;
    names.set(text, name);
    const equate = equateOf(text, socketFolders);
    lines.push(`${macro}(\`${name}', \`S=${equate}, ${flags ? `F=${flags}, ` : ""}${times}')dnl`);
    return name;
  };
  for (const text of options.milters) define("INPUT_MAIL_FILTER", text);
  for (const [i, milters] of (options.ways ?? []).entries()) {
    const filters = milters.map((text) => names.get(text) ?? define("MAIL_FILTER", text)).join(";");
    const at = `Family=inet, Name=MTA, Addr=127.0.0.1, Port=${wayPorts[i]}, M=A`;
    lines.push(`DAEMON_OPTIONS(\`${at}, InputMailFilters=${filters}')dnl`);
  }
  return { lines, socketFolders };
}

/** The address of a milter as Sendmail sees it, where the folders of sockets are shown elsewhere. */
function equateOf(text: string, socketFolders: string[]): string {
  const address = parseMilterAddress(text);
  if (!("unix" in address)) return sendmailAddress(text);
  const path = resolve(address.unix);
  const folder = dirname(path);
  if (!socketFolders.includes(folder)) socketFolders.push(folder);
  return `unix:/mnt/m${socketFolders.indexOf(folder) + 1}/${basename(path)}`;
}

function sendmailMc(folder: string, port: number, nextHopPort: number, more: string[]): string {
  const [user, domain] = UNKNOWN_RECIPIENT.split("@");
  // the mailer nobody knows the users of /etc/passwd only
  return `divert(-1)
define(\`_USE_ETC_MAIL_',\`')
divert(0)dnl
VERSIONID(\`milterkit tests')
OSTYPE(\`linux')dnl
define(\`confDOMAIN_NAME', \`${HOST_NAME}')dnl
define(\`QUEUE_DIR', \`${folder}/queue')dnl
define(\`confPID_FILE', \`${folder}/sendmail.pid')dnl
define(\`STATUS_FILE', \`')dnl
define(\`HELP_FILE', \`')dnl
define(\`ALIAS_FILE', \`')dnl
define(\`confSERVICE_SWITCH_FILE', \`${folder}/conf/service.switch')dnl
define(\`confTO_IDENT', \`0s')dnl
define(\`confDELIVERY_MODE', \`interactive')dnl
define(\`confLOG_LEVEL', \`14')dnl
define(\`confMILTER_LOG_LEVEL', \`14')dnl
define(\`confTRY_NULL_MX_LIST', \`False')dnl
define(\`confBIND_OPTS', \`-DNSRCH -DEFNAMES')dnl
define(\`confDONT_PROBE_INTERFACES', \`True')dnl
define(\`confPRIVACY_FLAGS', \`')dnl
define(\`confBAD_RCPT_THROTTLE', \`0')dnl
define(\`confDEF_USER_ID', \`nobody')dnl
define(\`confREFUSE_LA', \`1000')dnl
define(\`confQUEUE_LA', \`1000')dnl
define(\`confDELAY_LA', \`1000')dnl
undefine(\`confCACERT')dnl
FEATURE(\`no_default_msa')dnl
FEATURE(\`accept_unresolvable_domains')dnl
FEATURE(\`accept_unqualified_senders')dnl
FEATURE(\`promiscuous_relay')dnl
FEATURE(\`nocanonify')dnl
FEATURE(\`nouucp', \`nospecial')dnl
define(\`SMART_HOST', \`relay:[127.0.0.1]')dnl
define(\`LOCAL_RELAY', \`relay:[127.0.0.1]')dnl
define(\`MAIL_HUB', \`relay:[127.0.0.1]')dnl
define(\`RELAY_MAILER_ARGS', \`TCP $h ${nextHopPort}')dnl
DAEMON_OPTIONS(\`Family=inet, Name=MTA, Addr=127.0.0.1, Port=${port}, M=A')dnl
${more.join("\n")}
MAILER(\`local')dnl
MAILER(\`smtp')dnl
MAILER_DEFINITIONS
Mnobody, P=/bin/false, F=lsDFMw, A=false $u
LOCAL_RULE_0
R${user} < @ ${domain} $* > $*\t$#nobody $: ${user}
LOCAL_RULESETS
SLocal_check_mail
R$*${REFUSED_RECIPIENT}$*\t$#error $@ 5.7.1 $: "550 sender denied by MTA policy"
SLocal_check_rcpt
R$*${REFUSED_RECIPIENT}$*\t$#error $@ 5.7.1 $: "550 denied by MTA policy"
`;
}
