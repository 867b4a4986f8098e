/**
 * Tag lists and signatures of DKIM.
 *
 * @module
 */
import { parseSignature } from "../../../lib/auth/dkim/signature.ts";
import { parseTagList } from "../../../lib/auth/tag_list.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { parseMessage } from "../../../lib/message/parse.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { messages } from "../recorded.ts";

const TAGS = [
  "v=1",
  "a=rsa-sha256",
  "a=ed25519-sha256",
  "a=rsa-sha1",
  "c=relaxed/simple",
  "c=simple",
  "d=example.org",
  "d=b\xc3\xbccher.example",
  "s=2026",
  "i=joe@mail.example.org",
  "i==40example.org",
  "h=From:To:Subject",
  "h= from : from",
  "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
  "bh=YWJj",
  "b=YWJj\r\n\t ZGVm",
  "b=",
  "l=10",
  "l=99999999999999999999999999",
  "t=1700000000",
  "x=1700000001",
  "q=dns/txt",
  "q=other:dns/txt",
  "z=a|b",
  "",
  " ",
];
const VALID =
  "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=2026; h=From:To; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=YWJj";
const HASH_LENGTHS = { sha256: 32, sha1: 20 };

export const dkimTags: Target = {
  name: "dkim-tags",
  promise: "a tag list is read as by a slow reader, and a signature that can be checked is a whole one",
  cases: 6000,
  words: [...TAGS, ";", "=", "\r\n\t"],
  seeds: () => [...signatures(), latin1Bytes(VALID), latin1Bytes("v=DKIM1; k=rsa; t=y:s; p=YWJj; n=note")],
  make(random) {
    const tags = VALID.split("; ").filter(() => random.below(10) > 0);
    for (let i = random.below(4); i > 0; i--) {
      tags.splice(random.below(tags.length + 1), 0, random.pick(TAGS));
    }
    return latin1Bytes(
      tags.join(random.pick(["; ", ";", ";\r\n\t", " ; "])) + (random.below(3) ? "" : ";"),
    );
  },
  check(bytes) {
    const text = latin1Text(bytes);
    const tags = parseTagList(text);
    const expected = slowly(text);
    same("problem" in tags, expected === undefined, "what is no tag list is refused, and nothing else");
    if (!("problem" in tags)) {
      same(
        [...tags].map(([name, { value }]) => [name, value]),
        expected,
        "the tags are those that there are",
      );
      for (const [name, { value, start, end }] of tags) {
        same(trimmed(text.slice(start, end)), value, "a tag knows where its value stands");
        same(text[start - 1], "=", "a value stands behind =");
        hold(end === text.length || text[end] === ";", "a tag ends at ; or with the list");
        hold(trimmed(text.slice(0, start - 1)).endsWith(name), "its name stands before it");
      }
    }
    checkSignature(text);
  },
};

/** The signatures of real messages. */
function signatures(): Uint8Array[] {
  return messages().flatMap((bytes) => parseMessage(bytes).header)
    .filter((field) => field.is("DKIM-Signature")).map(({ rawValueBytes }) => rawValueBytes);
}

function checkSignature(text: string): void {
  const { outline, result } = parseSignature(text, { allowSha1: true });
  for (const name of [outline.domain, outline.selector]) {
    hold(
      name === undefined || /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name),
      "names are ASCII domain names",
    );
  }
  if ("status" in result) {
    hold(/^[ -~]+$/.test(result.reason), "a reason is plain text");
    return;
  }
  const { domain, identityDomain, headerNames, bodyHash, hash, timestamp, expiration } = result;
  hold(`.${identityDomain}`.endsWith(`.${domain}`), "i= is within d=");
  hold(headerNames.includes("from"), "From is signed");
  same(bodyHash.length, HASH_LENGTHS[hash], "the hash of the body is as long as its kind is");
  hold(timestamp === undefined || expiration === undefined || expiration > timestamp, "x= is after t=");
  const signature = text.slice(result.signatureStart, result.signatureEnd);
  hold(
    /^[A-Za-z0-9+/ \t\r\n]+={0,2}[ \t\r\n=]*$/.test(signature),
    "b= stands where it is said to",
    () => signature,
  );
}

/** The tags, by the grammar of RFC 6376 section 3.2 cut at each ";"; undefined for what is none. */
function slowly(text: string): unknown[] | undefined {
  const pieces = text.split(";");
  if (pieces.length > 1 && trimmed(pieces.at(-1)!) === "") pieces.pop();
  const tags: [string, string][] = [];
  for (const piece of pieces) {
    // deno-lint-ignore no-control-regex -- they are what is looked for
    const parts = /^[ \t\r\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=([^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*)$/.exec(
      piece,
    );
    if (!parts) return undefined;
    const [, name = "", value = ""] = parts;
    if (tags.some(([other]) => other === name)) return undefined;
    tags.push([name, trimmed(value)]);
  }
  return tags;
}

function trimmed(text: string): string {
  return text.replace(/^[ \t\r\n]+/, "").replace(/(?<![ \t\r\n])[ \t\r\n]+$/, "");
}
