// Messages made to cost much, each with an ordinary one of the same size and one good signature.
import { type Message, SAMPLE, signMessage, type TestKey } from "./support.ts";
import { at } from "../../support/present.ts";

export interface Hostile {
  readonly what: string;
  readonly message: Message;
  readonly ordinary: Message;
  /** What our field says of the first signature. */
  readonly result: string;
}

const LINE = "The quick brown fox jumps over the lazy dog, then rests a while.\r\n";

/** Text of about so many bytes. */
export function textOf(size: number): string {
  return LINE.repeat(Math.ceil(size / LINE.length));
}

/**
 * Every kind of costly message. Signed by `key` as sel._domainkey.example.org.
 *
 * @param field Bytes of the largest header field; a packet of the protocol holds 65,535.
 * @param fields How many fields are signed; with 20,000 the header is within the limit of the filter.
 */
export function hostileMessages(
  key: TestKey,
  field: number = 900_000,
  fields: number = 20_000,
): readonly Hostile[] {
  /** A text repeated to the size of a field. */
  const filled = (unit: string) => unit.repeat(Math.floor(field / unit.length));
  const names = Math.floor(Math.min(50_000, field / 8 - 10));
  const good = signMessage(SAMPLE, { key });
  const sign = (tags: Record<string, string>, message = SAMPLE) => signMessage(message, { key, tags });
  const ofSize = (size: number) => signMessage({ ...SAMPLE, body: textOf(size) }, { key });
  const withFields = (fields: Message["headers"]): Message => ({
    headers: [...fields, ...good.headers],
    body: good.body,
  });
  const value = at(good.headers, 0)[1];
  const many = (name: string, count: number, text: string): Message["headers"] =>
    Array.from({ length: count }, (_, i) => [name, `${text}${i}`]);
  const bodies = ofSize(16_000_000);
  const asBody = (body: string): Message => ({ headers: bodies.headers, body });
  // The tests' own signer takes long for these; what a wrong signature costs to refuse is the same.
  const withTag = (name: string, text: string): Message => ({
    headers: [
      ["DKIM-Signature", value.replace(new RegExp(` ${name}=[^;]*`), ` ${name}=${text}`)],
      ...SAMPLE.headers,
    ],
    body: SAMPLE.body,
  });
  const padded = (size: number) => sign({ note: "n".repeat(size) });
  return [
    {
      what: "1000 good signatures",
      message: withFields(Array(999).fill(good.headers[0])),
      ordinary: withFields(many("X-Signature", 999, value)),
      result: "pass",
    },
    {
      what: "1000 bad signatures",
      message: withFields(Array(999).fill(["DKIM-Signature", value.replace("s=sel;", "s=sel; n=n;")])),
      ordinary: withFields(many("X-Signature", 999, value)),
      result: "fail",
    },
    {
      what: "1000 malformed signatures",
      message: withFields(many("DKIM-Signature", 999, " v=1; " + "x".repeat(value.length))),
      ordinary: withFields(many("X-Signature", 999, value)),
      result: "permerror",
    },
    {
      what: `${names} names in h=`,
      message: sign({ h: "from:" + "subject:".repeat(names) + "to" }),
      ordinary: padded(8 * names),
      result: "pass",
    },
    {
      what: `${fields} fields, all signed`,
      message: {
        headers: [...withTag("h", "from" + ":x".repeat(fields)).headers, ...many("X", fields, " ")],
        body: SAMPLE.body,
      },
      ordinary: withFields([...many("X", fields, " "), ["X-Padding", "n".repeat(2 * fields)]]),
      result: "fail",
    },
    {
      what: `10 signatures of ${fields} fields each`,
      message: {
        headers: [
          ...Array(10).fill(withTag("h", "from" + ":x".repeat(fields)).headers[0]),
          ...SAMPLE.headers,
          ...many("X", fields, " "),
        ],
        body: SAMPLE.body,
      },
      ordinary: withFields([...many("X", fields, " "), ...many("X-Padding", 10, "n".repeat(2 * fields))]),
      result: "fail",
    },
    {
      what: "a signature of tags alone",
      message: { headers: [["DKIM-Signature", filled(" a=b;")], ...SAMPLE.headers], body: "" },
      ordinary: padded(field),
      result: "permerror",
    },
    {
      what: "a signature of different tags",
      message: {
        headers: [
          ["DKIM-Signature", Array.from({ length: field / 10 }, (_, i) => `a${i}=b`).join(";")],
          ...SAMPLE.headers,
        ],
        body: "",
      },
      ordinary: padded(field),
      result: "permerror",
    },
    {
      what: "a huge b=",
      message: withTag("b", filled("QUJD")),
      ordinary: padded(field),
      result: "fail",
    },
    {
      what: "base64 rubbish",
      message: withTag("b", filled("!%=")),
      ordinary: padded(field),
      result: "permerror",
    },
    {
      what: "d= of many labels, i= of many escapes",
      message: withTag("d", filled("a.").slice(field / 2) + `; i=${filled("=40").slice(field / 2)}`),
      ordinary: padded(field),
      result: "permerror",
    },
    {
      what: "a header of 16 MB in fields of 60 KB",
      message: withFields(many("X-Long", 270, " " + "x".repeat(60_000))),
      ordinary: ofSize(16_000_000),
      result: "policy",
    },
    {
      what: "a header field of folds",
      message: signMessage({ ...SAMPLE, headers: [["From", " x" + filled("\r\n \t") + " y"]] }, {
        key,
      }),
      ordinary: padded(field),
      result: "pass",
    },
    { what: "16 MB in one line", message: asBody("x".repeat(16_000_000)), ordinary: bodies, result: "fail" },
    { what: "16 MB of spaces", message: asBody(" ".repeat(16_000_000)), ordinary: bodies, result: "fail" },
    {
      what: "16 MB of blank lines",
      message: asBody("\r\n".repeat(8_000_000)),
      ordinary: bodies,
      result: "fail",
    },
    { what: "16 MB of CR", message: asBody("\r".repeat(16_000_000)), ordinary: bodies, result: "fail" },
    { what: "16 MB of LF", message: asBody("\n".repeat(16_000_000)), ordinary: bodies, result: "fail" },
    {
      what: "16 MB of words and tabs",
      message: asBody("x \t".repeat(16_000_000 / 3)),
      ordinary: bodies,
      result: "fail",
    },
    {
      what: "10 signatures, each of another length",
      message: Array.from({ length: 10 }, (_, i) => i).reduce(
        (message, i) =>
          signMessage(message, {
            key,
            body: i % 2 ? "simple" : "relaxed",
            tags: { l: String(3_000_000 + i) },
          }),
        { ...SAMPLE, body: textOf(4_000_000) },
      ),
      ordinary: ofSize(4_000_000),
      result: "pass",
    },
  ];
}
