/**
 * Greylisting: puts off mail from clients and senders that it has not seen before. Mail servers try again, most programs
 * that send spam do not.
 *
 *     milterkit serve --listen inet:8825@localhost --filter ./greylist.ts --allow 192.0.2.0/24
 *
 * It shows what `kit.store` is for. The built-in filter `greylist` puts off only what is suspicious.
 */

import { defineFilter, tempfail } from "milterkit";

export default defineFilter({
  name: "simple-greylist",
  summary: "Puts off mail from clients and senders that it has not seen before",
  options: {
    delay: { kind: "duration", default: "5m", description: "How long they have to wait" },
    retry: {
      kind: "duration",
      min: 1000,
      default: "1d",
      description: "How long they are remembered after an attempt that had to wait",
    },
    lifetime: {
      kind: "duration",
      min: 1000,
      default: "35d",
      description: "How long they are remembered after the last mail that passed",
    },
    allow: {
      kind: "network",
      repeatable: true,
      example: "192.0.2.0/24",
      description: "A network that need not wait",
    },
  },
  verdicts: ["rcpt"],
  create({ delay, retry, lifetime, allow }, kit) {
    // Two stores: most of what waits is spam that never comes again, and need not be kept for long.
    const waiting = kit.store("waiting");
    const known = kit.store("known");
    const recipients = kit.counter("recipients_total", "Recipients by what became of them", ["result"]);
    return {
      async rcpt({ address: recipient }, { client, sender, macro }) {
        const address = client?.address ?? "";
        if (macro("auth_authen") || allow.some((network) => network.has(address))) {
          return recipients.add({ result: "allowed" });
        }
        // Large providers try again from another address of the same network.
        const network = client?.family === "inet" ? address.replace(/\d+$/, "0") : address;
        const key = [network, sender?.address, recipient].join("\n").toLowerCase();
        if (await known.get(key) === undefined) {
          // By the clock of the store, which all workers and machines share.
          const left = delay - (await waiting.seen(key, retry) ?? 0);
          if (left > 0) {
            recipients.add({ result: "put-off" });
            return tempfail(451, "4.7.1", `Please try again in ${Math.ceil(left / 1000)} seconds`);
          }
        }
        await known.set(key, "", lifetime);
        recipients.add({ result: "passed" });
      },
    };
  },
});
