// A hundred senders: who they say they are, and how they came.
import type { ConnectInfo } from "../../../lib/protocol/mta_session.ts";

/** A message with its way to the MTA. */
export interface Sender {
  /** What a failure calls it. */
  readonly name: string;
  readonly client: ConnectInfo;
  /** The macros of MAIL. */
  readonly macros: Readonly<Record<string, string>>;
  /** MAIL FROM; empty for the null sender. */
  readonly envelope: string;
  readonly recipients: readonly string[];
  /** The fields that say who wrote it, each as it stands in the message. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

const LOGIN = { auth_type: "PLAIN", auth_authen: "joe", auth_author: "" };

function client(address: string, hostname = `[${address}]`): ConnectInfo {
  return { hostname, family: address.includes(":") ? "inet6" : "inet", port: 40_000, address };
}

type Way = Pick<Sender, "name" | "client" | "macros">;

/** How mail comes; the configurations name these addresses. */
const WAYS = {
  loopback: { name: "from localhost", client: client("127.0.0.1", "localhost"), macros: {} },
  loopback6: { name: "from ::1", client: client("IPv6:::1", "localhost"), macros: {} },
  internal: { name: "from the office", client: client("192.168.1.10"), macros: {} },
  internal6: { name: "from the office by IPv6", client: client("IPv6:2001:db8:1::25"), macros: {} },
  exception: { name: "from the printer in the office", client: client("192.168.1.66"), macros: {} },
  guest: { name: "from the guests in the office", client: client("192.168.1.200"), macros: {} },
  login: { name: "with a login", client: client("203.0.113.9", "roam.example.com"), macros: LOGIN },
  loginInside: { name: "with a login from the office", client: client("192.168.1.10"), macros: LOGIN },
  stranger: { name: "from a stranger", client: client("203.0.113.10", "mx.example.com"), macros: {} },
  ignored: { name: "from an ignored stranger", client: client("203.0.113.77"), macros: {} },
  peer: { name: "from a peer", client: client("198.51.100.7", "peer.example.com"), macros: {} },
  peerLogin: { name: "from a peer with a login", client: client("198.51.100.7"), macros: LOGIN },
  daemon: {
    name: "through the submission daemon",
    client: client("203.0.113.11"),
    macros: { daemon_name: "ORIGINATING" },
  },
  otherDaemon: {
    name: "through another daemon",
    client: client("203.0.113.11"),
    macros: { daemon_name: "smtpd" },
  },
  // Some MTAs say how somebody logged in, but not who.
  typeAlone: {
    name: "with a login without a name",
    client: client("203.0.113.12"),
    macros: { auth_type: "EXTERNAL" },
  },
} satisfies Record<string, Way>;

type From = Pick<Sender, "name" | "fields"> & Partial<Pick<Sender, "envelope" | "recipients">>;

function from(value: string, name = value): From {
  return { name, fields: [["From", ` ${value}`]] };
}

/** Who they say they are. */
const AUTHORS: readonly From[] = [
  from("joe@example.org"),
  from("Joe Doe <joe@example.org>"),
  from("JOE@EXAMPLE.ORG"),
  from("ann@Sub.Example.Org"),
  from("joe@a.b.sub.example.org"),
  from("boss@example.net"),
  from("BOSS@Example.Net"),
  from("joe@example.net"),
  from("joe@host.example.net"),
  from("joe@notexample.org"),
  from("joe@other.example"),
  from("news@other.example"),
  from("joe@exempt.example.org"),
  from("x@new.sub.exempt.example.org"),
  from("joe@example.com"),
  from('"ceo@bank.example" <joe@example.org>'),
  from('"joe@example.org" <x@bank.example>'),
  from("joe@example.org (ceo@bank.example)"),
  from("<joe@example.org>"),
  from("\r\n Joe\r\n <joe@example.org>", "folded joe@example.org"),
  from("joe+tag@example.org"),
  from("joe.doe-x_y@example.org"),
  from('"john doe"@example.org'),
  from("j\xc3\xb6e@example.org", "jöe@example.org"),
  from("=?utf-8?q?J=C3=B6e?= <joe@example.org>"),
  from("joe@[192.0.2.1]"),
  from("joe@example.org."),
  from("joe@xn--mller-kva.example"),
  from("joe@org"),
  from("joe@localhost"),
  from("joe"),
  from("Joe <joe@example.org>, Ann <ann@example.org>", "two of one domain in From"),
  from("Joe <joe@example.org>, Ann <ann@example.net>", "two of two domains in From"),
  from("Team: joe@example.org, ann@example.org;", "a group in From"),
  from("<@relay.example:joe@example.org>"),
  from("joe@example.org <x@bank.example>"),
  from("", "an empty From"),
  { name: "no From", fields: [["To", " a@example.com"]] },
  { name: "two From fields", fields: [["From", " joe@example.org"], ["From", " x@bank.example"]] },
  { name: "two equal From fields", fields: [["From", " joe@example.org"], ["From", " joe@example.org"]] },
  {
    name: "two From fields, the first foreign",
    fields: [["From", " x@bank.example"], ["From", " joe@example.org"]],
  },
  {
    name: "Sender of ours, From of others",
    fields: [["From", " x@bank.example"], ["Sender", " joe@example.org"]],
  },
  {
    name: "From of ours, Sender of others",
    fields: [["From", " joe@example.org"], ["Sender", " x@bank.example"]],
  },
  { name: "Sender above From", fields: [["Sender", " boss@example.net"], ["From", " joe@example.org"]] },
  { name: "Sender alone", fields: [["Sender", " joe@example.org"]] },
  { name: "Resent-From of ours", fields: [["Resent-From", " joe@example.org"], ["From", " x@bank.example"]] },
  { ...from("joe@example.org", "a bounce of ours"), envelope: "" },
  { ...from("joe@example.org", "an envelope of others"), envelope: "x@bank.example" },
  { ...from("x@bank.example", "an envelope of ours, From of others"), envelope: "joe@example.org" },
  { ...from("joe@example.org", "to a list that is not signed to"), recipients: ["List@Lists.example"] },
  { ...from("joe@example.org", "to it and others"), recipients: ["a@example.com", "list@lists.example"] },
  { ...from("joe@example.org", "to its domain"), recipients: ["other@lists.example"] },
  {
    ...from("joe@example.org", "to below a domain that is not signed to"),
    recipients: ["a@b.quiet.example"],
  },
];

function sender(
  { name, envelope = "joe@example.org", recipients = ["a@example.com"], fields }: From,
  way: Way,
): Sender {
  return {
    name: `${name}, ${way.name}`,
    client: way.client,
    macros: way.macros,
    envelope,
    recipients,
    fields,
  };
}

/** Whom the ways are tried with. */
const PLAIN = ["joe@example.org", "boss@example.net", "joe@other.example"].map((address) => from(address));

/** The hundred: every author with a login, and some of them on every other way. */
export const SENDERS: readonly Sender[] = [
  ...AUTHORS.map((author) => sender(author, WAYS.login)),
  ...Object.values(WAYS).filter((way) => way !== WAYS.login).flatMap((way) =>
    PLAIN.map((author) => sender(author, way))
  ),
  ...["joe@a.b.sub.example.org", "x@new.sub.exempt.example.org", "joe@example.com", "BOSS@Example.Net", "joe"]
    .map((
      address,
    ) => sender(from(address), WAYS.internal)),
];
