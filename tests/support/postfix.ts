/** A private Postfix: unpacked, with its own configuration, queue and port. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  utimesSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type Account, postfixAccounts } from "./accounts.ts";
import { libraryPath, serverProblem, unpack, unpackedEnv } from "./debian.ts";
import {
  HOST_NAME,
  type MailServer,
  readLogs,
  REFUSED_RECIPIENT,
  startPrivately,
  UNKNOWN_RECIPIENT,
  waitForLog,
  writeShared,
} from "./instance.ts";
import { LogTail } from "./log_tail.ts";
import { postfixAddress } from "./milter_address.ts";
import type { NextHop } from "./next_hop.ts";
import { freePort, freePorts } from "./ports.ts";
import { at } from "./present.ts";
import { runOrThrow, sleep, startDaemon } from "./process.ts";

/** Settings for {@link startPostfix}. */
export interface PostfixOptions {
  /** smtpd_milters, each as unix:/path, inet:port@host or inet:host:port. */
  milters: string[];
  /** non_smtpd_milters: those that see mail from sendmail(1). */
  nonSmtpdMilters?: string[];
  /** milter_default_action; "tempfail" if left out, as in Postfix itself. */
  defaultAction?: "tempfail" | "accept" | "reject";
  /** Seconds for milter_connect_timeout, milter_command_timeout and milter_content_timeout. */
  timeouts?: { connect?: number; command?: number; content?: number };
  /** More settings for main.cf, which win over those made here. */
  mainCf?: Record<string, string>;
  /** More ways in, each with a port of its own and with these milters in the place of `milters`. */
  ways?: string[][];
  /** More services for master.cf, as they stand there. */
  services?: string;
  /** The socket of Dovecot's authentication, which clients may log in with. */
  dovecotAuth?: string;
}

/** A running private Postfix. */
export interface Postfix extends MailServer {
  /** As whom smtpd and cleanup connect to a milter, whose UNIX socket has to allow it. */
  readonly mailOwner: Account;
  /** The folder with main.cf and master.cf. */
  readonly configFolder: string;
  /** The ports of the further ways in. */
  readonly wayPorts: readonly number[];
  /** A function that gives what was logged since its last call, or since the start. */
  follow(): () => string;
  /** Hands a message to Postfix's own sendmail(1): args such as ["-f", "from@...", "to@..."]. */
  sendmail(args: string[], message: string | Uint8Array): Promise<void>;
  /** Has it try again at once what could not be delivered. */
  retry(): Promise<void>;
  /** Waits until no message is in the queue but those on hold. */
  idle(timeoutMs?: number): Promise<void>;
  /** The queue ids of messages on hold. */
  held(): string[];
  /** Takes a message off hold, by its queue id, and has it delivered. */
  release(queueId: string): Promise<void>;
}

/** What Debian's package postfix-pcre adds, for tables of the type `pcre:`. */
export const PCRE_TABLES = "/usr/lib/postfix/postfix-pcre.so";

/** Why no private Postfix can be started here, or undefined if one can. */
export function postfixProblem(): Promise<string | undefined> {
  return serverProblem("postfix");
}

/** Starts a private Postfix, which takes mail for everyone and hands it to its next hop. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const root = await unpack("postfix");
  return await startPrivately("Postfix", (folder, nextHop) => startOnce(root, folder, nextHop, options));
}

async function startOnce(
  root: string,
  folder: string,
  nextHop: NextHop,
  options: PostfixOptions,
): Promise<Postfix> {
  const config = join(folder, "conf");
  const logFile = join(folder, "maillog");
  const errorFile = join(folder, "stderr");
  const { owner, setgid } = postfixAccounts();
  const port = await freePort();
  const ways = options.ways ?? [];
  const wayPorts = await freePorts(ways.length);
  makeFolders(folder, owner, setgid.gid);
  const settings = {
    ...fixedSettings(root, folder, nextHop.port),
    mail_owner: owner.name,
    setgid_group: setgid.name,
    ...milterSettings(options),
    ...(options.dovecotAuth
      ? { smtpd_sasl_auth_enable: "yes", smtpd_sasl_type: "dovecot", smtpd_sasl_path: options.dovecotAuth }
      : {}),
    ...options.mainCf,
  };
  writeConfig(
    join(config, "main.cf"),
    Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`).join(""),
  );
  writeConfig(
    join(config, "master.cf"),
    masterCf(port) + ways.map((milters, i) => wayCf(at(wayPorts, i), milters)).join("") +
      (options.services ?? ""),
  );
  for (const name of ["postfix-files", "dynamicmaps.cf"]) {
    const source = [`etc/postfix/${name}`, `usr/share/postfix/${name}`].map((path) => join(root, path)).find(
      existsSync,
    );
    if (source) copyFileSync(source, join(config, name));
  }
  if (existsSync(PCRE_TABLES)) {
    writeConfig(join(config, "dynamicmaps.cf"), `pcre ${PCRE_TABLES} dict_pcre_open\n`);
  }

  const env = {
    ...unpackedEnv(root),
    MAIL_CONFIG: config,
    // without these, what goes wrong before main.cf is read, and at binding the port, goes to syslog
    POSTLOG_SERVICE: join(folder, "queue/public/postlog"),
    POSTLOG_HOSTNAME: HOST_NAME,
  };
  const daemon = startDaemon([join(root, "usr/lib/postfix/sbin/master"), "-c", config, "-d"], env, errorFile);
  let kept: string | undefined;
  const read = () => kept ?? readLogs(logFile, errorFile);
  const end = async () => {
    await daemon.stop();
    kept ??= readLogs(logFile, errorFile);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitForLog(daemon, read, /daemon started/, 40_000);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    port,
    nextHop,
    mailOwner: owner,
    configFolder: config,
    wayPorts,
    logs: () => Promise.resolve(read()),
    follow() {
      const tail = new LogTail(logFile, errorFile);
      return () => tail.read();
    },
    async sendmail(args, message) {
      await runOrThrow([join(root, "usr/sbin/sendmail"), "-C", config, ...args], { env, input: message });
    },
    async retry() {
      await runOrThrow([join(root, "usr/sbin/postqueue"), "-c", config, "-f"], { env });
    },
    async idle(timeoutMs = 40_000) {
      const end = Date.now() + timeoutMs;
      // a message may be between two folders at one look
      for (let looks = 0; looks < 2; await sleep(2)) {
        const ids = messagesIn(folder, "maildrop", "deferred", "incoming", "active");
        looks = ids.length === 0 ? looks + 1 : 0;
        if (Date.now() > end) throw new Error(`Postfix still has ${ids} after ${timeoutMs} ms:\n${read()}`);
      }
    },
    held: () => messagesIn(folder, "hold"),
    async release(queueId) {
      await runOrThrow([join(root, "usr/sbin/postsuper"), "-c", config, "-H", queueId], { env });
      await runOrThrow([join(root, "usr/sbin/postqueue"), "-c", config, "-i", queueId], { env });
    },
    async stop() {
      await end();
      await nextHop.stop();
    },
  };
}

/** The queue ids in these queues, some of which have folders within. */
function messagesIn(folder: string, ...queues: string[]): string[] {
  const entries = queues.flatMap((name) =>
    readdirSync(join(folder, "queue", name), { recursive: true }).map(String)
  );
  return entries.map((path) => basename(path)).filter((name) => /^[0-9A-F]{6,}$/.test(name));
}

/** Postfix waits a second or two when a file was changed just now, lest it is still being written. */
function writeConfig(path: string, text: string): void {
  writeShared(path, text);
  const earlier = new Date(Date.now() - 60_000);
  utimesSync(path, earlier, earlier);
}

function makeFolders(folder: string, owner: Account, setgid: number): void {
  const make = (path: string, mode: number, uid: number, gid: number) => {
    mkdirSync(join(folder, path));
    chownSync(join(folder, path), uid, gid);
    chmodSync(join(folder, path), mode);
  };
  make("conf", 0o755, 0, 0);
  make("data", 0o700, owner.uid, 0);
  make("queue", 0o755, 0, 0);
  make("queue/pid", 0o755, 0, 0);
  for (
    const name of "active bounce corrupt defer deferred flush hold incoming saved trace private".split(" ")
  ) make(`queue/${name}`, 0o700, owner.uid, 0);
  make("queue/maildrop", 0o730, owner.uid, setgid);
  make("queue/public", 0o710, owner.uid, setgid);
}

function fixedSettings(root: string, folder: string, nextHopPort: number): Record<string, string> {
  const environment = "MAIL_CONFIG TZ POSTLOG_SERVICE POSTLOG_HOSTNAME";
  return {
    compatibility_level: "3.6",
    queue_directory: join(folder, "queue"),
    data_directory: join(folder, "data"),
    command_directory: join(root, "usr/sbin"),
    daemon_directory: join(root, "usr/lib/postfix/sbin"),
    shlib_directory: join(root, "usr/lib/postfix"),
    meta_directory: join(folder, "conf"),
    default_privs: "nobody",
    // Postfix clears its environment, and its programs would not find their libraries
    import_environment: `LANG=C ${environment} LD_LIBRARY_PATH=${libraryPath(root)}`,
    // the same for what sendmail(1) starts
    export_environment: `LANG ${environment} LD_LIBRARY_PATH`,
    maillog_file: join(folder, "maillog"),
    maillog_file_prefixes: folder,
    myhostname: HOST_NAME,
    mydomain: "example.test",
    myorigin: HOST_NAME,
    mydestination: "",
    local_recipient_maps: "",
    alias_maps: "",
    alias_database: "",
    local_transport: "error:local mail disabled",
    mynetworks: "127.0.0.0/8",
    inet_interfaces: "127.0.0.1",
    inet_protocols: "ipv4",
    smtp_dns_support_level: "disabled",
    relayhost: `[127.0.0.1]:${nextHopPort}`,
    // the client stands for a stranger, whose header Postfix leaves alone
    local_header_rewrite_clients: "",
    smtpd_relay_restrictions: "permit_mynetworks, reject",
    smtpd_recipient_restrictions: `check_recipient_access inline:{` +
      ` { ${REFUSED_RECIPIENT} = 550 5.7.1 denied by MTA policy },` +
      ` { ${UNKNOWN_RECIPIENT} = 550 5.1.1 no such user } }, permit_mynetworks, reject`,
    smtpd_sender_restrictions: `check_sender_access inline:{` +
      ` { ${REFUSED_RECIPIENT} = 550 5.7.1 sender denied by MTA policy } }`,
    smtpd_error_sleep_time: "0",
    smtpd_soft_error_limit: "1000",
    smtpd_hard_error_limit: "1000",
    smtpd_junk_command_limit: "1000",
    smtpd_client_connection_count_limit: "0",
    smtpd_timeout: "600s",
    in_flow_delay: "0",
    smtp_connection_cache_on_demand: "no",
    biff: "no",
    append_dot_mydomain: "no",
    smtputf8_enable: "yes",
    smtp_tls_security_level: "none",
    smtpd_tls_security_level: "none",
  };
}

function milterSettings(options: PostfixOptions): Record<string, string> {
  const { connect = 10, command = 30, content = 60 } = options.timeouts ?? {};
  return {
    smtpd_milters: options.milters.map(postfixAddress).join(", "),
    non_smtpd_milters: (options.nonSmtpdMilters ?? []).map(postfixAddress).join(", "),
    milter_default_action: options.defaultAction ?? "tempfail",
    milter_connect_timeout: `${connect}s`,
    milter_command_timeout: `${command}s`,
    milter_content_timeout: `${content}s`,
  };
}

function masterCf(port: number): string {
  return `127.0.0.1:${port} inet n - n - 100 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;
}

/** A further SMTP server; the cleanup process of each message gets its milters from it. */
function wayCf(port: number, milters: string[]): string {
  return `127.0.0.1:${port} inet n - n - 100 smtpd
  -o smtpd_milters=${milters.map(postfixAddress).join(",")}
`;
}
