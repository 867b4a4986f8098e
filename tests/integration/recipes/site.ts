/** Starts a recipe of docs/recipes as it lies there: the executable with its file, and a Postfix with its lines. */
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { verifyDkim } from "../../../lib/auth/dkim/verify_dkim.ts";
import { parseRecordsFile } from "../../../lib/dns/records_file.ts";
import { bytes } from "../../auth/dkim/support.ts";
import { KeysFolder, pemOf } from "../../dkim_sign/key_files.ts";
import { latin1Text } from "../mta/text.ts";
import { newFolder, writeShared } from "../../support/instance.ts";
import { Milterkit, runMilterkit } from "../../support/milterkit.ts";
import { freePort } from "../../support/ports.ts";
import { type Postfix, startPostfix } from "../../support/postfix.ts";
import { present } from "../../support/present.ts";
import { runOrThrow } from "../../support/process.ts";
import { plainLogin, SaslServer, saslSettings } from "../../support/sasl_server.ts";
import { SmtpClient, type SmtpReply } from "../../support/smtp_client.ts";
import { HOSTS, type Mail, messageOf, records } from "./world.ts";

/** Where the recipes are. */
export const RECIPES: URL = new URL("../../../docs/recipes/", import.meta.url);

/** The ports that services of master.cf have names for. */
const SERVICES: Readonly<Record<string, number>> = { smtp: 25, submissions: 465, submission: 587 };

/** What a test changes of a recipe. */
export interface SiteOptions {
  /** The configuration, in the recipe's folder. */
  readonly file?: string;
  /** The files with lines of main.cf and master.cf. */
  readonly mainCf?: string;
  /** The domains that have keys in the folder `keys`, such as `example.org/2026`. */
  readonly keys?: readonly string[];
  /** Texts of the configuration, all of which must be there, and what takes their places. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Texts of main.cf and master.cf, such as addresses of milters, and what takes their places. */
  readonly places?: Readonly<Record<string, string>>;
  /** The ports that servers of the test have, by those that the recipe names. */
  readonly ports?: ReadonlyMap<number, number>;
  /** Domains that this Postfix takes mail for. */
  readonly domains?: readonly string[];
  /** More settings of main.cf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A message and how it comes. */
export interface Sent extends Mail {
  /** Which host sends it; without one it comes from 127.0.0.1. */
  readonly host?: keyof typeof HOSTS;
  /** The port of the service; 25 if left out, with TLS at 465. */
  readonly port?: number;
  /** Who logs in; the password is the name with a `!`. */
  readonly login?: string;
  /** The envelope sender; that of From if left out. */
  readonly sender?: string;
  readonly to: string | readonly string[];
}

/** A running recipe. */
export class RecipeSite {
  readonly postfix: Postfix;
  readonly milterkit: Milterkit;
  /** Where the recipe's files are, as /etc/milterkit. */
  readonly folder: string;
  readonly #ports: Map<number, number>;
  readonly #end: () => Promise<void>;

  private constructor(
    postfix: Postfix,
    milterkit: Milterkit,
    folder: string,
    ports: Map<number, number>,
    end: () => Promise<void>,
  ) {
    this.postfix = postfix;
    this.milterkit = milterkit;
    this.folder = folder;
    this.#ports = ports;
    this.#end = end;
  }

  /**
   * Starts one.
   *
   * @param recipe the folder in docs/recipes
   */
  static async start(recipe: string, options: SiteOptions = {}): Promise<RecipeSite> {
    const { file = "milterkit.toml", mainCf = "main.cf", domains = ["example.org"] } = options;
    const folder = newFolder("milterkit-recipe-");
    cpSync(new URL(recipe, RECIPES), folder, { recursive: true });
    const ports = new Map(options.ports);
    const config = await writeConfig(folder, file, ports, options);
    const cf = async (name: string) => {
      let text = existsSync(join(folder, name)) ? readRecipe(folder, name) : "";
      for (const [from, to] of Object.entries(options.places ?? {})) text = text.replaceAll(from, to);
      return inFolder(await withPorts(text, ports), folder);
    };
    const services = await servicesOf(await cf(mainCf.replace("main", "master")), ports);
    const sasl = await SaslServer.start();
    const settings = settingsOf(await cf(mainCf));
    const checked = await runMilterkit(["config", "check", config]);
    assert.equal(checked.code, 0, checked.stderr);
    const listeners = readFileSync(config, "utf8").match(/^listen = /gm) ?? [];
    const milterkit = await Milterkit.start(["serve", "--config", config], { addresses: listeners.length });
    const postfix = await startPostfix({
      milters: [],
      services,
      mainCf: {
        // What differs from a real one: mail for everybody goes to the next hop, and tests say who the client is.
        relay_domains: domains.join(" "),
        smtpd_recipient_restrictions: "",
        smtpd_relay_restrictions: "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
        smtpd_authorized_xclient_hosts: "127.0.0.0/8",
        ...await certificate(folder),
        ...saslSettings(sasl.port),
        smtpd_sasl_auth_enable: "no",
        ...settings,
        ...options.settings,
      },
    });
    return new RecipeSite(postfix, milterkit, folder, ports, async () => {
      await milterkit.stop();
      await postfix.stop();
      await sasl.stop();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** The port that a service has here. */
  portOf(port: number): number {
    return present(this.#ports.get(port), `a service at port ${port}`);
  }

  /** Opens a session with Postfix, from a host, over TLS and logged in as a message wants it. */
  async connect({ host, port = 25, login }: Pick<Sent, "host" | "port" | "login">): Promise<SmtpClient> {
    const client = await SmtpClient.connect(this.portOf(port), { tls: port === 465 });
    await client.ehlo();
    if (host) {
      const { address, name } = HOSTS[host];
      const reply = await client.command(`XCLIENT ADDR=${address} NAME=${name}`);
      assert.equal(reply.code, 220, reply.text);
      await client.ehlo(name.startsWith("[") ? "pc.home.example" : name);
    }
    if (port === 587) {
      assert.equal((await client.startTls()).code, 220);
      await client.ehlo();
    }
    if (login !== undefined) {
      const reply = await client.command(`AUTH PLAIN ${plainLogin(login)}`);
      assert.equal(reply.code, 235, reply.text);
    }
    return client;
  }

  /** Sends a message, and returns the first refusal or the final answer, as `250` or `550 5.7.1 TEXT`. */
  async send(sent: Sent): Promise<string> {
    const client = await this.connect(sent);
    try {
      const sender = sent.sender ?? /[^<\s]+@[^>\s]+/.exec(sent.from)?.[0] ?? "";
      return said(await client.message(sender, [sent.to].flat(), messageOf(sent)));
    } finally {
      client.destroy();
    }
  }

  /** The message that arrived for a recipient, as text in which each character is one byte. */
  async arrived(recipient: string): Promise<string> {
    const found = await this.postfix.nextHop.waitForMessage(({ rcpts }) =>
      rcpts.some((each) => each.includes(`<${recipient}>`))
    );
    return latin1Text(found.data);
  }

  /** The domains of all signatures that pass of a message that arrived; every one must. */
  async signersOf(message: string): Promise<string[]> {
    const resolver = parseRecordsFile(readRecipe(this.folder, "dns"));
    const results = await verifyDkim(bytes(message), { resolver });
    for (const { status, reason } of results) assert.equal(status, "pass", `${reason}\n${message}`);
    return results.map(({ domain }) => present(domain, "d="));
  }

  stop(): Promise<void> {
    return this.#end();
  }
}

/** A reply in one line; for a message that was taken, its code alone. */
function said({ code, enhanced, text }: SmtpReply): string {
  return code < 300 ? String(code) : `${code} ${enhanced} ${text.replaceAll("\n", " ")}`;
}

function readRecipe(folder: string, name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

/** Writes keys and DNS, and the configuration with the ports and folders that it has here; returns its path. */
async function writeConfig(
  folder: string,
  file: string,
  ports: Map<number, number>,
  { keys = [], replace = {} }: SiteOptions,
): Promise<string> {
  const pems = pemsOf(keys);
  writeKeys(join(folder, "keys"), pems);
  writeShared(join(folder, "dns"), records(pems).map((record) => `${record.join(" ")}\n`).join(""));
  let text = readRecipe(folder, file);
  for (const [from, to] of Object.entries({ ...replace })) {
    assert.ok(text.includes(from), `${file} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  text = inFolder(await withPorts(text, ports), folder);
  const path = join(folder, file);
  writeShared(path, `dns-records = "dns"\nlog-format = "json"\n${text}`);
  return path;
}

/** Has a text name the folder in the place of those that a real site has. */
function inFolder(text: string, folder: string): string {
  return text.replace(/\/(?:etc\/postfix|etc\/milterkit|var\/lib\/milterkit)\//g, `${folder}/`);
}

/** The keys of a site. */
export function pemsOf(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name, pemOf("rsa")]));
}

function writeKeys(path: string, pems: ReadonlyMap<string, string>): void {
  if (pems.size === 0) return;
  const keys = new KeysFolder();
  for (const [name, pem] of pems) keys.write(`${name}.pem`, pem);
  cpSync(keys.path, path, { recursive: true });
  keys[Symbol.dispose]();
}

/** Gives each port of this machine that a text names one that is free. */
async function withPorts(text: string, ports: Map<number, number>): Promise<string> {
  const found = /inet:(?:(\d+)@localhost|localhost:(\d+))|(?<=127\.0\.0\.1\]?:)(\d+)/g;
  for (const [, ...digits] of text.matchAll(found)) {
    await portFor(Number(digits.find((each) => each !== undefined)), ports);
  }
  return text.replace(found, (all, before, behind, bare) => {
    const port = ports.get(Number(before ?? behind ?? bare));
    if (before) return `inet:${port}@127.0.0.1`;
    return behind ? `inet:127.0.0.1:${port}` : all.replace(bare, String(port));
  });
}

async function portFor(port: number, ports: Map<number, number>): Promise<number> {
  const found = ports.get(port) ?? await freePort();
  ports.set(port, found);
  return found;
}

/** The services of master.cf at ports that are free, without a chroot, and the SMTP server for mail from outside. */
async function servicesOf(text: string, ports: Map<number, number>): Promise<string> {
  const lines: string[] = [];
  const own = /^smtp +inet /m.test(text) ? "" : "smtp inet n - y - - smtpd\n";
  for (const line of (own + text).split("\n")) {
    const [, service = "", type = ""] = /^([\w.:-]+) +(inet|unix) /.exec(line) ?? [];
    const rest = line.slice(line.indexOf(type) + type.length).replace(/ +\S+ +\S+ +\S+/, " n - n");
    const named = SERVICES[service];
    const place = named === undefined ? service : `127.0.0.1:${await portFor(named, ports)}`;
    lines.push(type === "" ? line : `${place} ${type}${rest}`);
  }
  return lines.join("\n") + "\n";
}

/** The lines of main.cf as settings. */
function settingsOf(text: string): Record<string, string> {
  const lines = text.replace(/^#.*\n/gm, "").replace(/\n[ \t]+/g, " ").split("\n");
  return Object.fromEntries(
    lines.filter((line) => line.trim() !== "").map((line) => {
      const [, name = "", value = ""] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? assert.fail(line);
      return [name, value];
    }),
  );
}

/** Makes a certificate, and returns the settings that name it. */
async function certificate(folder: string): Promise<Record<string, string>> {
  const [key, cert] = [join(folder, "tls.key"), join(folder, "tls.crt")];
  await runOrThrow([
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const,
    ...["-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=mx.example.org"],
  ]);
  return { smtpd_tls_cert_file: cert, smtpd_tls_key_file: key, smtpd_tls_security_level: "may" };
}
