// Wrong values of the options of header-rewrite.
import { one, type Row, testValues } from "./support.ts";

const HEADER_REWRITE: Row[] = [
  one(
    "add",
    "X-A: {clientaddr}",
    'there is no macro "{clientaddr}"; did you mean {client_addr}?',
    "X-A: {client_addr}",
  ),
  one(
    "add",
    "X-A: {auth_auhten}",
    'there is no macro "{auth_auhten}"; did you mean {auth_authen}?',
    "X-A: {our_own}",
  ),
  one(
    "insert",
    "X-A: {queue_id}",
    'there is no macro "{queue_id}"; did you mean {i}?',
    "X-A: {i} {if_addr} {v}",
  ),
  one("set", "X-A: {rcpt-to}", 'there is no macro "{rcpt-to}"; did you mean {rcpt_to}?', "X-A: {rcpt_to}"),
  one(
    "replace",
    "X-A /a/ {Mail_From}",
    'there is no macro "{Mail_From}"; did you mean {mail_from}?',
    "X-A /a/g b",
  ),
  one("remove", "Subject:", '"Subject:" is not a header name: write Subject', "Subject", "X-Spam*"),
  one(
    "add",
    "text:Subject: a",
    "text: works only in replace, if-header and unless-header",
    "text: a",
    "Text:a",
  ),
  one("remove", "text:Subject", "text: works only in replace, if-header and unless-header"),
  one("replace", "text: /a/ b", "the header name is missing", "text:Subject /a/ b", "TEXT:subject /a/g b"),
  one("rename", "X-A X-A", "the new name is the old one", "x-a X-A"),
];

/** These stand before `--add "X-A: a"`. */
const REWRITE_CONDITIONS: Row[] = [
  one(
    "if-sender",
    "/a/g",
    "leave out the flag g: it matters only whether it matches, not how often",
    "/a/i",
  ),
  one("if-sender", "/a/y", "leave out the flag y; ^ stands for the beginning"),
  one(
    "if-sender",
    "/^(?!joe@)/",
    "(?!…) at character 2 looks ahead, which is not supported, so that the time that a text takes has a bound; match what is there in a group, or test it with an expression of its own",
  ),
  one("if-sender", "/(?i)joe@/", "write flags after the last slash: /…/i, at character 1"),
  one("if-sender", "/[[:digit:]]+@/", "JavaScript has no [:digit:]; write \\d, at character 2"),
  one("if-sender", "/a{2000}@/", "{2000} at character 2 repeats more than 1000 times"),
  one("if-sender", "//", "an empty expression matches everything; want one such as /text/i"),
  one(
    "if-sender",
    "/^<>$/",
    "addresses have no < and > here; the null sender is empty: /^$/",
    "/^$/",
    "/^<?joe@example\\.org>?$/",
    "/^<{0,1}joe@/",
    "/^(?<who>[^@]+)@example\\.org$/",
  ),
  one(
    "if-sender",
    "/^(?<who>[^@]+)@\\k<who>$/",
    "\\k at character 16 refers back to what a group matched, for which no engine can bound the time that a text takes; write out the texts that can repeat",
  ),
  one("unless-recipient", "/@example.org>$/", "addresses have no < and > here", "/@example.org$/"),
  one(
    "if-header",
    "Subject: /a/",
    '"Subject:" is not a header name: write Subject',
    "Subject /a/",
    "Subject //",
    "text:Subject /a/",
  ),
  one(
    "if-header",
    "Subject /a/g",
    "leave out the flag g: it matters only whether it matches, not how often",
  ),
  one(
    "if-client",
    "10.0.0.5/8",
    "10.0.0.5 is not the first address of a network of /8: write 10.0.0.0/8, or 10.0.0.5 for one address",
  ),
];

testValues({ name: "header-rewrite" }, HEADER_REWRITE);
testValues({ name: "header-rewrite", behind: [["add", "X-A: a"]] }, REWRITE_CONDITIONS);
