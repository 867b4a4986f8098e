// Signed messages by chance, altered by chance.
import type { Canonicalization } from "../../../lib/auth/dkim/signature.ts";
import type { Random } from "../../support/random.ts";
import { formatMessage, type Message, parseMessage, signMessage, type TestKey } from "./support.ts";
import { present } from "../../support/present.ts";

/** A message to be judged, and how it came to be. */
export interface Sample {
  readonly message: Message;
  readonly algorithm: "rsa" | "ed25519";
  /** What was done, the last after signing. */
  readonly steps: readonly string[];
}

/** Whether a chance of `percent` comes up. */
const chance = (random: Random, percent: number): boolean => random.below(100) < percent;
const WORDS = ["alpha", "Beta", "gamma  delta", "caf\xe9", "e=mc2;", "x:y", ".", "\tz", "(a comment)", '"q"'];
const ENDS = ["", " ", "\t", " \t "];
const FIELDS = [
  "To",
  "Cc",
  "Subject",
  "Date",
  "Message-ID",
  "Reply-To",
  "X-Note",
  "x-note",
  "List-Id",
  "Comments",
];

function words(random: Random): string {
  let text = "";
  for (let i = random.below(5); i >= 0; i--) text += random.pick(WORDS) + random.pick([" ", "  ", "\t"]);
  return text.trimEnd();
}

function randomMessage(random: Random): Message {
  const headers: Message["headers"] = [["From", " Someone <someone@example.org>"]];
  for (let i = random.below(7); i >= 0; i--) {
    const fold = chance(random, 30)
      ? random.pick(["\r\n\t", "\r\n  ", " \r\n "]) + words(random).trimStart() + "."
      : "";
    const value = random.pick([" ", "", "  ", "\t"]) + words(random) + fold + random.pick(ENDS);
    const at = random.below(headers.length + 1);
    const name = random.pick(FIELDS);
    if (headers.some((field) => field[0] === name) && chance(random, 80)) continue;
    headers.splice(at, 0, [name, value]);
  }
  let body = "";
  for (let i = random.below(6); i > 0; i--) body += words(random) + random.pick(ENDS) + "\r\n";
  for (let i = chance(random, 40) ? random.below(4) : 0; i > 0; i--) body += random.pick(ENDS) + "\r\n";
  return { headers, body };
}

function randomNames(random: Random, message: Message): string {
  const names = ["from"];
  for (const [name] of message.headers) if (chance(random, 70) && name !== "From") names.push(name);
  if (chance(random, 20)) names.push(random.pick(FIELDS));
  if (chance(random, 20)) names.push("From");
  const separator = random.pick([":", ":", " : ", ":\r\n\t "]);
  return names.join(separator);
}

/** A signed message, and the steps that made it. */
function signed(random: Random, keys: Readonly<Record<Sample["algorithm"], TestKey>>): Sample {
  const algorithm = chance(random, 80) ? "rsa" : "ed25519";
  const message = randomMessage(random);
  const forms: readonly Canonicalization[] = ["simple", "relaxed"];
  const header = random.pick(forms);
  const body = random.pick(forms);
  const now = Math.floor(Date.now() / 1000);
  const tags: Record<string, string | undefined> = { s: algorithm, h: randomNames(random, message) };
  const steps: string[] = [`${algorithm} ${header}/${body}`];
  const options: readonly (readonly [name: string, value: string | undefined])[] = [
    ["t", String(now - 100)],
    ["x", String(now + 100_000)],
    [
      "i",
      random.pick(["@example.org", "someone@sub.example.org", "some=2Bone@example.org", "@EXAMPLE.org"]),
    ],
    ["q", random.pick(["dns/txt", "dns/txt"])],
    ["z", "From:nobody=40example.org|Subject:other"],
    ["unknown", "any=thing"],
    ["l", String(random.below(30))],
    [
      "c",
      header === "simple" && body === "simple" ? undefined : body === "simple" ? header : `${header}/${body}`,
    ],
    ["d", "Example.ORG"],
  ];
  for (const [name, value] of options) {
    if (!chance(random, 20)) continue;
    tags[name] = value;
    steps.push(`${name}=${value}`);
  }
  const fold = random.pick(["", " ", "\r\n\t", "\r\n  ", " \r\n\t"]);
  return {
    message: signMessage(message, { key: keys[algorithm], header, body, tags, fold }),
    algorithm,
    steps,
  };
}

type Mutation = (random: Random, message: Message) => Message;

/** Alters the value of one header field. */
function inField(message: Message, at: number, edit: (value: string) => string): Message {
  const headers = message.headers.map((field, i): [string, string] =>
    i === at ? [field[0], edit(field[1])] : field
  );
  return { headers, body: message.body };
}

function replaceAt(text: string, at: number, removed: number, inserted: string): string {
  return text.slice(0, at) + inserted + text.slice(at + removed);
}

const letter = (random: Random): string => String.fromCharCode(0x61 + random.below(26));

/** Of the tags of the signature on top. */
const TAG_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "a tag is taken out": (random, message) =>
    editTags(message, (tags) => tags.splice(random.below(tags.length), 1)),
  "a tag is doubled": (random, message) => editTags(message, (tags) => tags.push(random.pick(tags))),
  "two tags are swapped": (random, message) =>
    editTags(message, (tags) => tags.push(...tags.splice(random.below(tags.length), 1))),
  "a tag gets another value": (random, message) =>
    editTags(message, (tags) => {
      const name = random.pick(["v", "a", "c", "d", "s", "q", "i", "l", "t", "x", "h", "bh", "b"]);
      const values: Record<string, readonly string[]> = {
        v: ["2", "", "1.0", "01"],
        a: ["rsa-sha1", "ed25519-sha256", "rsa-sha512", "RSA-SHA256", ""],
        c: [
          "simple",
          "relaxed",
          "relaxed/simple",
          "simple/relaxed",
          "Relaxed/Relaxed",
          "nofws",
          "relaxed/",
          "",
        ],
        d: ["example.com", "org", "sub.example.org", "EXAMPLE.ORG", "", "exa mple.org"],
        s: ["other", "RSA", "", "rsa ed25519"],
        q: ["dns/txt", "dns/txt:http", "http", "DNS/TXT", "", "dns"],
        i: [
          "@example.org",
          "x@example.com",
          "x@notexample.org",
          "example.org",
          "=zz@example.org",
          "@.example.org",
        ],
        l: ["0", "5", "99999", "-1", "1e3", "", "5 5", "007"],
        t: ["0", "abc", "", "1", "9999999999", "-5"],
        x: ["1", "0", "abc", "", "9999999999", "99999999999999"],
        h: ["to", "from", "From:from", "from:", "from::to", "", "fr om"],
        bh: ["AAAA", "", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "!"],
        b: ["AAAA", "", "!", "="],
      };
      const at = tags.findIndex((tag) => tag.trim().startsWith(name + "="));
      const tag = ` ${name}=${random.pick(present(values[name], name))}`;
      if (at < 0) tags.splice(random.below(tags.length), 0, tag);
      else tags[at] = tag;
    }),
  "white space in a tag": (random, message) =>
    inField(message, 0, (value) => {
      const at = random.below(value.length);
      return replaceAt(value, at, 0, random.pick([" ", "\t", "\r\n ", "  "]));
    }),
  "a byte of the signature changes": (random, message) =>
    inField(message, 0, (value) => replaceAt(value, random.below(value.length), 1, letter(random))),
  "the signature is cut": (random, message) =>
    inField(message, 0, (value) => value.slice(0, random.below(value.length))),
  "a semicolon at the end": (_random, message) => inField(message, 0, (value) => value + ";"),
  "b= is folded in another way": (random, message) =>
    inField(message, 0, (value) => {
      const at = value.lastIndexOf("b=") + 2;
      const b = value.slice(at).replace(/\s/g, "");
      const cut = random.below(b.length);
      return value.slice(0, at) + b.slice(0, cut) + "\r\n\t" + b.slice(cut);
    }),
};

/** Of the header below the signature. */
const HEADER_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "a byte of a field changes": (random, message) => {
    const at = 1 + random.below(message.headers.length - 1);
    return inField(
      message,
      at,
      (value) => replaceAt(value, random.below(value.length + 1), 1, letter(random)),
    );
  },
  "white space in a field": (random, message) => {
    const at = 1 + random.below(message.headers.length - 1);
    const space = random.pick([" ", "\t", "\r\n "]);
    return inField(message, at, (value) => {
      const spaces = [...value.matchAll(/[ \t]+/g)].map(({ index }) => index);
      return replaceAt(value, spaces.length > 0 ? random.pick(spaces) : value.length, 0, space);
    });
  },
  "a field's name in other letters": (random, message) => {
    const at = 1 + random.below(message.headers.length - 1);
    const headers = [...message.headers];
    const [name, value] = present(headers[at], "the field");
    headers[at] = [random.pick([name.toUpperCase(), name.toLowerCase()]), value];
    return { headers, body: message.body };
  },
  "a field on top": (random, message) => {
    const field: [string, string] = [random.pick(["From", ...FIELDS]), " " + words(random) + "."];
    return { headers: [field, ...message.headers], body: message.body };
  },
  "a field at the bottom": (random, message) => {
    const field: [string, string] = [random.pick(["From", ...FIELDS]), " " + words(random) + "."];
    return { headers: [...message.headers, field], body: message.body };
  },
  "a field is taken out": (random, message) => {
    const headers = message.headers.toSpliced(1 + random.below(message.headers.length - 1), 1);
    return { headers, body: message.body };
  },
  "a field moves": (random, message) => {
    const headers = [...message.headers];
    const taken = headers.splice(random.below(headers.length), 1);
    headers.splice(random.below(headers.length + 1), 0, ...taken);
    return { headers, body: message.body };
  },
};

const BODY_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "a byte of the body changes": (random, { headers, body }) => ({
    headers,
    body: replaceAt(body, random.below(body.length + 1), 1, letter(random)),
  }),
  "white space in the body": (random, { headers, body }) => ({
    headers,
    body: replaceAt(body, random.below(body.length + 1), 0, random.pick([" ", "\t"])),
  }),
  "blank lines at the end": (random, { headers, body }) => ({
    headers,
    body: body + random.pick(["\r\n", "\r\n\r\n", " \r\n", "\t\r\n\r\n"]),
  }),
  "text at the end": (random, { headers, body }) => ({ headers, body: body + words(random) + ".\r\n" }),
  "the last line is gone": (_random, { headers, body }) => ({ headers, body: body.replace(/[^\n]*\n$/, "") }),
  "white space at a line's end": (random, { headers, body }) => ({
    headers,
    body: body.replace("\r\n", random.pick([" \r\n", "\t \r\n"])),
  }),
  "a blank line within": (_random, { headers, body }) => ({
    headers,
    body: body.replace("\r\n", "\r\n\r\n"),
  }),
};

/** Takes the signature on top apart at its semicolons, and puts it together again. */
function editTags(message: Message, edit: (tags: string[]) => void): Message {
  return inField(message, 0, (value) => {
    const tags = value.split(";");
    edit(tags);
    return tags.join(";");
  });
}

/** One message by chance: of five, one is left as it was signed. */
export function randomSample(random: Random, keys: Readonly<Record<Sample["algorithm"], TestKey>>): Sample {
  const sample = signed(random, keys);
  if (chance(random, 20)) return sample;
  for (;;) {
    const kinds = random.pick([TAG_MUTATIONS, HEADER_MUTATIONS, BODY_MUTATIONS]);
    const [what, mutate] = random.pick(Object.entries(kinds));
    // An empty line put into a field ends the header: the message is what its text says.
    const message = parseMessage(formatMessage(mutate(random, sample.message)));
    // What is no field never reaches a filter as one: an MTA ends the header there.
    if (!message.headers.every(([name]) => /^[!-9;-~]+$/.test(name))) continue;
    return { ...sample, message, steps: [...sample.steps, what] };
  }
}
