/**
 * Counts mail against limits, and sends notices about keys that are over one.
 *
 * @module
 */

import { hostname } from "node:os";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { StoreUnavailableError } from "../../lib/store/store.ts";
import { Buckets, type Level } from "./buckets.ts";
import type { Limit } from "./limit.ts";
import { runCommand } from "./notices/command.ts";
import { sendNotice } from "./notices/mail.ts";
import { MailPasses } from "./notices/mail_pass.ts";
import { type Notice, noticeValues } from "./notices/notice.ts";
import { NoticeQueue, type NoticeSender } from "./notices/notice_queue.ts";
import type { NoticeSettings } from "./notice_settings.ts";
import type { RateLimitSettings } from "./settings.ts";
import { storeNames } from "./store_names.ts";
import { NoticedKeys } from "./noticed_keys.ts";

/** How long notices in progress may take when the filter ends, in milliseconds. */
const LAST_LIMIT = 3000;

/** A limit that was exceeded. */
export interface Over {
  readonly limit: Limit;
  /** The milliseconds until it has room for one. */
  readonly wait: number;
}

/** The counts of one filter. */
export class Limiter {
  readonly #settings: RateLimitSettings;
  readonly #every: number;
  readonly #kit: FilterKit;
  readonly #buckets: Buckets;
  readonly #noticed: NoticedKeys;
  readonly #passes: MailPasses;
  readonly #notices: NoticeQueue;
  /** The notice that would be sent if mail were real; empty if none. */
  readonly #onlyTried: string;
  readonly #ending = new AbortController();
  readonly #counted: () => void;
  readonly #refused: (limit: Limit) => void;

  /**
   * @param settings what is counted, and what happens
   * @param notices where notices go
   * @param kit what the service gives
   */
  constructor(settings: RateLimitSettings, notices: NoticeSettings, kit: FilterKit) {
    const { template, unit, limits, dryRun } = settings;
    const names = storeNames(dryRun);
    this.#settings = settings;
    this.#every = notices.every;
    this.#kit = kit;
    this.#buckets = new Buckets(kit.store(names.buckets), template.text, unit, limits);
    this.#noticed = new NoticedKeys(kit.store(names.told), template.text, unit);
    this.#passes = new MailPasses(kit.store(names.passes));
    const counted = kit.counter("counted_total", "Messages or recipients within the limits");
    const over = kit.counter("over_total", "Messages or recipients over a limit", ["limit"]);
    const sent = kit.counter("notices_total", "Notices by how they were sent", ["way", "result"]);
    this.#counted = () => counted.add();
    this.#refused = ({ text }) => over.add({ limit: text });
    const isTold = !dryRun && kit.live;
    this.#onlyTried = dryRun || kit.live ? "" : describeWays(notices);
    this.#notices = new NoticeQueue({
      senders: isTold ? this.#senders(notices) : [],
      log: kit.log,
      clock: kit.clock,
      counted: (way, result) => sent.add({ way, result }),
    });
  }

  /**
   * Takes one from the buckets of a key.
   *
   * @returns the limit that is exceeded; then nothing was taken
   * @throws {StoreUnavailableError} if the store is away, and mail is to be put off then
   */
  async take(
    key: string,
    context: MessageContext<unknown, unknown>,
    recipient: EnvelopeAddress | undefined,
  ): Promise<Over | undefined> {
    const { levels, over } = await this.#buckets.take(key);
    if (this.#buckets.isAway) context.remark("counted in memory: the state does not answer");
    for (const level of levels) this.#show(key, level, level.limit === over?.limit);
    if (!over) {
      this.#counted();
      return undefined;
    }
    this.#refused(over.limit);
    context.remark(`over the limit ${over.limit.text}`);
    context.label("over-limit");
    if (await this.#isFirst(key)) this.#tell(key, over, context, recipient);
    return over;
  }

  /**
   * Whether no notice was sent about a key for a while. While the store is away, that is unknown, and the verdict
   * stands.
   */
  async #isFirst(key: string): Promise<boolean> {
    try {
      return await this.#noticed.isFirst(key, this.#every);
    } catch (error) {
      if (error instanceof StoreUnavailableError) return false;
      throw error;
    }
  }

  /** Whether a client is our own, delivering a notice. */
  isOurs(helo: string | undefined): boolean | Promise<boolean> {
    return this.#passes.has(helo);
  }

  /** Waits a moment for notices in progress, then ends them. */
  async close(): Promise<void> {
    let cancel = () => {};
    await Promise.race([
      this.#notices.idle(),
      new Promise<void>((resolve) => cancel = this.#kit.clock.after(LAST_LIMIT, resolve)),
    ]);
    cancel();
    this.#notices.clear();
    this.#ending.abort();
    await this.#notices.idle();
  }

  #show(key: string, { limit, left }: Level, refused: boolean): void {
    const { rate, text } = limit;
    this.#kit.showLimit({ key, limit: text, rate, left, refused });
  }

  #tell(
    key: string,
    { limit, wait }: Over,
    context: MessageContext<unknown, unknown>,
    recipient: EnvelopeAddress | undefined,
  ): void {
    const { action, unit, dryRun } = this.#settings;
    const login = context.macro("auth_authen") || undefined;
    const client = context.client?.address || undefined;
    const trial = dryRun ? " (dry run: nobody is told)" : "";
    // In fields, where --log-redact knows what they are.
    context.log.warning(`over the limit ${limit.text}${trial}`, {
      key,
      client,
      ...(login === key ? {} : { login }),
    });
    if (this.#onlyTried !== "") this.#kit.log.info(`a notice would ${this.#onlyTried}`, { key });
    this.#notices.add({
      key,
      limit: limit.text,
      filter: this.#kit.name,
      action,
      unit,
      wait: Math.ceil(wait / 1000),
      message: {
        login,
        sender: context.sender && (context.sender.address || "<>"),
        recipient: recipient?.address,
        client,
        clientName: context.client?.hostname,
        helo: context.helo,
        queueId: context.macro("i"),
      },
      host: hostname(),
      time: new Date(),
    });
  }

  #senders({ command, mail }: NoticeSettings): NoticeSender[] {
    const { clock } = this.#kit;
    const { signal } = this.#ending;
    const senders: NoticeSender[] = [];
    if (command) {
      const send = (notice: Notice) =>
        runCommand({ argv: command, values: noticeValues(notice), clock, signal });
      senders.push({ way: "command", send });
    }
    if (mail) {
      const server = { address: parseAddress(mail.server), clock, signal };
      const send = (notice: Notice) =>
        this.#passes.during((helo) => sendNotice(notice, { server, from: mail.from, to: mail.to, helo }));
      senders.push({ way: "mail", send });
    }
    return senders;
  }
}

function describeWays({ command, mail }: NoticeSettings): string {
  return [
    ...(command ? [`run ${command.join(" ")}`] : []),
    ...(mail ? [`be sent to ${mail.to.join(" and ")}`] : []),
  ].join(" and ");
}
