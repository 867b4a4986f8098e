/** Starts a recipe of docs/recipes as it lies there: the executable with its file, and a Postfix with its lines. */
import assert from "node:assert/strict";
import { verifyDkim } from "../../../lib/auth/dkim/verify_dkim.ts";
import { parseRecordsFile } from "../../../lib/dns/records_file.ts";
import { bytes } from "../../auth/dkim/support.ts";
import { latin1Text } from "../mta/text.ts";
import { Milterkit, runMilterkit } from "../../support/milterkit.ts";
import { type Postfix, startPostfix } from "../../support/postfix.ts";
import { present } from "../../support/present.ts";
import { plainLogin, SaslServer, saslSettings } from "../../support/sasl_server.ts";
import { SmtpClient, type SmtpReply } from "../../support/smtp_client.ts";
import { RecipeFiles, type Replacements } from "./recipe_files.ts";
import { HOSTS, type Mail, messageOf } from "./world.ts";

/** What a test changes of a recipe. */
export interface SiteOptions {
  /** The configuration, in the recipe's folder. */
  readonly file?: string;
  /** The file with lines of main.cf; that with those of master.cf has the same name but for that. */
  readonly mainCf?: string;
  /** The keys in the folder `keys`, such as `example.org/2026`. */
  readonly keys?: readonly string[];
  /** Texts of the configuration, all of which must be there, and what takes their places. */
  readonly replace?: Replacements;
  /** Texts of main.cf and master.cf, such as addresses of milters, and what takes their places. */
  readonly places?: Replacements;
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
  readonly to: string;
}

/** A running recipe. */
export class RecipeSite {
  readonly postfix: Postfix;
  readonly milterkit: Milterkit;
  readonly #files: RecipeFiles;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    postfix: Postfix,
    milterkit: Milterkit,
    files: RecipeFiles,
    stack: AsyncDisposableStack,
  ) {
    this.postfix = postfix;
    this.milterkit = milterkit;
    this.#files = files;
    this.#stack = stack;
  }

  /**
   * Starts one.
   *
   * @param recipe the folder in docs/recipes
   */
  static async start(recipe: string, options: SiteOptions = {}): Promise<RecipeSite> {
    await using stack = new AsyncDisposableStack();
    const { file = "milterkit.toml", keys = [], replace = {} } = options;
    const files = new RecipeFiles(recipe, options.ports);
    stack.defer(() => files.remove());
    const { services, mainCf } = await postfixOf(files, options, stack);
    const config = await files.writeConfig(file, keys, replace);
    const checked = await runMilterkit(["config", "check", config]);
    assert.equal(checked.code, 0, checked.stderr);
    const addresses = files.read(file).match(/^listen = /gm)?.length ?? 0;
    const milterkit = await Milterkit.start(["serve", "--config", config], { addresses });
    stack.defer(async () => void (await milterkit.stop()));
    const postfix = await startPostfix({ milters: [], services, mainCf });
    stack.defer(() => postfix.stop());
    return new RecipeSite(postfix, milterkit, files, stack.move());
  }

  /** The port that a service has here. */
  portOf(port: number): number {
    return this.#files.portOf(port);
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
      return said(await client.message(sender, [sent.to], messageOf(sent)));
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

  /** The domains of all signatures of a message that arrived; every signature must pass. */
  async signersOf(message: string): Promise<string[]> {
    const resolver = parseRecordsFile(this.#files.read("dns"));
    const results = await verifyDkim(bytes(message), { resolver });
    for (const { status, reason } of results) assert.equal(status, "pass", `${reason}\n${message}`);
    return results.map(({ domain }) => present(domain, "d="));
  }

  /** Stops everything and removes the files. */
  stop(): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** Settings of Postfix: those of the recipe, and what differs from a real one. */
async function postfixOf(
  files: RecipeFiles,
  { mainCf = "main.cf", places = {}, domains = ["example.org"], settings = {} }: SiteOptions,
  stack: AsyncDisposableStack,
): Promise<{ services: string; mainCf: Record<string, string> }> {
  const sasl = await SaslServer.start();
  stack.defer(() => sasl.stop());
  return {
    services: await files.masterCf(mainCf.replace("main", "master"), places),
    mainCf: {
      // Mail for everybody goes to the next hop.
      relay_domains: domains.join(" "),
      smtpd_recipient_restrictions: "",
      smtpd_relay_restrictions: "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
      // Tests say who the client is.
      smtpd_authorized_xclient_hosts: "127.0.0.0/8",
      ...await files.certificate(),
      ...saslSettings(sasl.port),
      smtpd_sasl_auth_enable: "no",
      ...await files.mainCf(mainCf, places),
      ...settings,
    },
  };
}

/** A reply in one line; for a message that was taken, its code alone. */
function said({ code, enhanced, text }: SmtpReply): string {
  return code < 300 ? String(code) : `${code} ${enhanced} ${text.replaceAll("\n", " ")}`;
}
