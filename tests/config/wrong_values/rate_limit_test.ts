// Wrong values of the options of rate-limit.
import { one, type Row, SEVERAL, testValues } from "./support.ts";

const LIMIT = ["limit", "100/1h"] as const;
const NO_LIMIT = "want a count, a slash and a time, such as 100/1h or 100/1h burst 20";
const KEYS = "{login}, {sender}, {sender-domain}, {client}, {client-network}, {recipient}, {helo}";

const RATE_LIMIT: Row[] = [
  one(
    "limit",
    "100",
    "write 100/1h for an hour",
    "100/1h",
    "100 / 1h",
    "100/1h burst 20",
    "10/1s burst 1000",
  ),
  one("limit", "100/h", "write 100/1h"),
  one("limit", "100/minute", "write 100/1m"),
  one("limit", "100 per hour", NO_LIMIT),
  one("limit", "100/1h/2", NO_LIMIT),
  one("limit", "0/1h", "the count: it must be at least 1"),
  one("limit", "1,000/1h", "the count: write 1000", "1000/1h"),
  one("limit", "100/60", "the time: write 60s, or 60ms if you mean milliseconds", "100/60s"),
  one("limit", "100/100ms", "the time: it must be at least 1s"),
  one("limit", "100/400d", "the time: it must be at most 366d", "100/366d"),
  one("limit", "100/1h burst", "the time: want a time, such as 8s, 500ms, 2m or 1d"),
  one("limit", "100/1h burst 0", "the burst: it must be at least 1", "100/1h burst 1"),
  one(
    "limit",
    "1/1d burst 1000",
    "such a large burst would take more than a year to refill; want a smaller one",
    "1/1d burst 366",
  ),
  [[["limit", "100/1h"], ["limit", "100/60m"]], same("100/1h"), [["limit", "100/1h"], ["limit", "500/1d"]]],
  [[["limit", "10/1h"], ["limit", "10/1m"]], same("10/1h"), [["limit", "10/1h"], ["limit", "5/1m"]]],
  [
    [["limit", "10/1h burst 5"], ["limit", "10/1h"]],
    same("10/1h burst 5"),
    [["limit", "10/1h burst 5"], ["limit", "9/1h"]],
  ],
  [
    [LIMIT, ["key", "{logn}"]],
    "there is no {logn}; did you mean {login}?",
    [LIMIT, ["key", "{login}"]],
  ],
  [[LIMIT, ["key", "{user}"]], `there is no {user}; there are ${KEYS}`],
  [[LIMIT, ["key", "{login"]], "it has a brace without its other half"],
  [
    [LIMIT, ["key", "{login}{client}"]],
    "put something between {login} and {client}, such as {login}/{client}",
    [LIMIT, ["key", "{login}/{client}"]],
  ],
  [[LIMIT, ["key", " all"]], "it begins or ends with a space", [LIMIT, ["key", "all mail"]]],
  [[LIMIT, ["key", "{login}"], ["by", "sender"]], "give either --by or --key"],
  [
    [LIMIT, ["by", "recipient"], ["count", "messages"]],
    "leave it out: with a recipient in the key, recipients are counted",
    [LIMIT, ["by", "recipient"]],
  ],
  [
    [LIMIT, ["by", "sender"], ["ipv4-prefix", "24"]],
    "it goes only with --by client, or {client-network} in --key",
    [LIMIT, ["by", "client"], ["ipv4-prefix", "24"]],
  ],
  [[LIMIT, ["by", "client"], ["ipv6-prefix", "129"]], "it must be at most 128"],
  [
    [LIMIT, ["mark-header", "X-A"]],
    "it goes only with --action mark",
    [LIMIT, ["action", "mark"], ["mark-header", "X-A"]],
  ],
  [
    [LIMIT, ["by", "client"], ["ipv4-prefix", "24"], ["exempt", "192.0.2.7/32"]],
    "it can never be a key: want one as {client-network} gives",
    [LIMIT, ["by", "client"], ["ipv4-prefix", "24"], ["exempt", "192.0.2.0/24"]],
  ],
  [
    [LIMIT, ["by", "sender-domain"], ["exempt", "joe@example.org"]],
    "it can never be a key: want one as {sender-domain} gives",
    [LIMIT, ["by", "sender-domain"], ["exempt", "Example.org."]],
  ],
  [[LIMIT, ["key", "all"], ["exempt", "none"]], "it can never be a key: want one as all gives"],
  [[LIMIT, ["notify-command", "true"]], "want the path of a program, beginning with /"],
  [
    [LIMIT, ["notify-command", "mail -s x root"]],
    "want the path of a program, beginning with /; its arguments go into --notify-arg",
  ],
  [
    [LIMIT, ["notify-command", "/bin/sh -c true"]],
    "there is no such program; if it has arguments, each goes into a --notify-arg",
    [LIMIT, ["notify-command", "/bin/sh"], ["notify-arg", "-c"], ["notify-arg", "true"]],
  ],
  [[LIMIT, ["notify-command", "/etc"]], "it is not a program"],
  [[LIMIT, ["notify-arg", "x"]], "it goes only with --notify-command"],
  [[LIMIT, ["notify-from", "a@example.org"]], "it goes only with --notify-mail"],
  [[LIMIT, ["notify-server", "inet:25@localhost"]], "it goes only with --notify-mail"],
  [
    [LIMIT, ["notify-mail", "Joe <joe@example.org>"]],
    "write joe@example.org",
    [LIMIT, ["notify-mail", "joe@example.org"]],
  ],
  [
    [LIMIT, ["notify-mail", "a@example.org, b@example.org"]],
    SEVERAL,
    [LIMIT, ["notify-mail", "root"], ["notify-mail", "b@example.org"]],
  ],
  [[LIMIT, ["notify-mail", "jörg@example.org"]], "want a mail address, such as postmaster@example.org"],
  [
    [LIMIT, ["notify-mail", "root"], ["notify-from", "<>"]],
    "want a mail address, such as postmaster@example.org",
  ],
  [[LIMIT, ["notify-every", "10s"]], "it must be at least 1m", [LIMIT, ["notify-every", "60s"]]],
];

function same(stricter: string): string {
  return `it can never take effect: whoever keeps to ${stricter} keeps to it, too`;
}

testValues({ name: "rate-limit" }, RATE_LIMIT);
