/**
 * Asks an HTTP service about each recipient. When the service is down, it is left alone until it answers again.
 *
 * It gets JSON by POST, `{"client", "helo", "login", "sender", "recipient"}`, and answers `{"action", "text"?}`: the action is
 * `accept`, `reject` or `tempfail`.
 *
 *     milterkit serve --listen inet:8825@localhost --filter ./http-policy.ts --url http://localhost:8080/policy
 */

import { defineFilter, OptionError, reject, tempfail } from "milterkit";

interface Decision {
  action: "accept" | "reject" | "tempfail";
  text?: unknown;
}

const isDecision = (value: unknown): value is Decision =>
  ["accept", "reject", "tempfail"].includes((value as Decision | null)?.action ?? "");

/** JSON parsers refuse the lone surrogates that stand for bytes that are not UTF-8. */
const wellFormed = (text: string | undefined) => text?.toWellFormed();

export default defineFilter({
  name: "http-policy",
  summary: "Asks an HTTP service about each recipient",
  options: {
    url: {
      kind: "string",
      required: true,
      example: "http://localhost:8080/policy",
      description: "Where to ask",
    },
    wait: {
      kind: "duration",
      min: 1,
      default: "2s",
      within: "callback-timeout",
      description: "Longest wait for an answer",
    },
    failures: {
      kind: "integer",
      min: 1,
      default: "5",
      description: "After how many failures in a row to stop asking",
    },
    pause: {
      kind: "duration",
      min: 1000,
      default: "30s",
      description: "How often to try whether it answers again",
    },
    "on-down": {
      kind: "enum",
      choices: ["accept", "tempfail"],
      default: "tempfail",
      description: "What happens to mail without an answer",
    },
  },
  verdicts: ["rcpt"],
  create({ url, wait, failures, pause, onDown }, kit) {
    if (!URL.canParse(url)) {
      throw new OptionError("url", url, "want a URL, such as http://localhost:8080/policy");
    }
    const questions = kit.counter("questions_total", "Questions by how they were answered", ["answer"]);
    let failed = 0;
    /** What the service is asked until it answers again; undefined while it is up. */
    let retried: string | undefined;

    const ask = async (question: string, signal: AbortSignal): Promise<Decision> => {
      const late = new AbortController();
      const cancel = kit.clock.after(wait, () => late.abort(new Error(`no answer within ${wait} ms`)));
      try {
        const response = await fetch(url, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: question,
          signal: AbortSignal.any([signal, late.signal]),
        });
        const text = await response.text();
        if (!response.ok) throw new Error(`status ${response.status}`);
        const decision: unknown = JSON.parse(text);
        if (!isDecision(decision)) throw new Error("the answer has no action: accept, reject or tempfail");
        return decision;
      } finally {
        cancel();
      }
    };

    kit.every(pause, async () => {
      if (retried === undefined) return;
      await ask(retried, kit.signal);
      retried = undefined;
      failed = 0;
      kit.log.info("the service answers again");
    });

    return {
      async rcpt({ address }, { client, helo, macro, sender, signal, log, remark }) {
        const question = JSON.stringify({
          client: client?.address,
          helo: wellFormed(helo),
          login: wellFormed(macro("auth_authen")),
          sender: wellFormed(sender?.address),
          recipient: wellFormed(address),
        });
        let answer = "skipped";
        try {
          if (retried === undefined) {
            const { action, text } = await ask(question, signal);
            failed = 0;
            questions.add({ answer: action });
            // A reply is a line of ASCII of at most 980 characters.
            const reply = String(text || "Refused by policy").replace(/[^\x20-\x7e]/g, "?").slice(0, 900);
            if (action === "accept") return;
            return action === "reject" ? reject(550, "5.7.1", reply) : tempfail(451, "4.7.1", reply);
          }
        } catch (error) {
          // Not the service's fault: the client is gone.
          if (signal.aborted) throw error;
          answer = "failed";
          remark(`no answer: ${(error as Error).message}`);
          if (++failed >= failures && retried === undefined) {
            retried = question;
            log.error("the service is down", { failures: failed, reason: (error as Error).message });
          }
        }
        questions.add({ answer });
        if (onDown === "tempfail") return tempfail(451, "4.7.1", "Please try again later");
      },
      dispose() {
        if (retried !== undefined) kit.log.warning("the service was still down");
      },
    };
  },
});
