/**
 * Greylisting: puts off mail from clients and senders that it has not seen before. Mail servers try again, most programs
 * that send spam do not.
 *
 *     milterkit serve --listen inet:8891@localhost --filter ./greylist.ts --allow 192.0.2.0/24
 */

import { defineFilter, tempfail } from "milterkit";

export default defineFilter({
  name: "greylist",
  summary: "Puts off mail from clients and senders that it has not seen before",
  options: {
    delay: { kind: "duration", default: "5m", description: "How long they have to wait" },
    lifetime: {
      kind: "duration",
      min: 1000,
      default: "864h",
      description: "How long they are remembered after the last mail",
    },
    allow: {
      kind: "network",
      repeatable: true,
      example: "192.0.2.0/24",
      description: "A network that need not wait",
    },
  },
  verdicts: ["rcpt"],
  create({ delay, lifetime, allow }, kit) {
    const seen = kit.store("seen");
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
        const left = delay - (await seen.seen(key, lifetime) ?? 0);
        if (left <= 0) return recipients.add({ result: "passed" });
        recipients.add({ result: "put-off" });
        return tempfail(451, "4.7.1", `Please try again in ${Math.ceil(left / 1000)} seconds`);
      },
    };
  },
});
