/**
 * Limits how many messages each user may send an hour, so that a stolen password does less harm.
 *
 *     milterkit serve --listen inet:8825@localhost --filter ./login-limit.ts --most 200 --over reject
 */

import { defineFilter, reject, tempfail } from "milterkit";

const HOUR = 3_600_000;

export default defineFilter({
  name: "login-limit",
  summary: "Limits how many messages each user may send an hour",
  options: {
    most: { kind: "integer", min: 1, default: "100", description: "Most messages an hour from one login" },
    over: {
      kind: "enum",
      choices: ["reject", "tempfail"],
      default: "tempfail",
      description: "What happens to more",
    },
  },
  verdicts: ["mail"],
  macros: { mail: ["auth_authen"] },
  create({ most, over }, kit) {
    const logins = kit.store("logins");
    const logged = kit.store("logged");
    const refused = kit.counter("refused_total", "Messages over the limit");
    return {
      async mail(_sender, { macro, log }) {
        const login = macro("auth_authen")?.toLowerCase();
        if (!login) return;
        const { ok, wait } = await logins.take(login, { count: most, per: HOUR });
        if (ok) return;
        refused.add();
        // Not `seen`, which extends the life of its entry at each call.
        const { ok: isFirst } = await logged.take(login, { count: 1, per: HOUR });
        if (isFirst) log.warning("a login is over its limit", { login, most });
        const text = `Too many messages, try again in ${Math.ceil(wait / 60_000)} minutes`;
        return over === "reject" ? reject(550, "5.7.1", text) : tempfail(451, "4.7.1", text);
      },
    };
  },
});
