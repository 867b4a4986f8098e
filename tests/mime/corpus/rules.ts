/** Why others read messages differently: every difference needs a rule, and every rule a difference. */
import type { Difference } from "./differences.ts";
import type { Judge } from "./judges.ts";

/** A reason for differences. */
export interface Rule {
  /** What the other program does, and why we do not. */
  readonly why: string;
  /** How many differences it explains. */
  readonly count: number;
  /** Whether it is the reason for a difference. */
  explains(difference: Difference): boolean;
}

/** The rules for each program. */
export const RULES: Readonly<Record<Judge, readonly Rule[]>> = {
  python: [
    {
      why: "Python reads the lines of reports and of external bodies as messages. They are no mail",
      count: 6,
      explains: ({ what, ours, theirs }) => what === "tree" && withoutReports(theirs) === ours,
    },
    {
      why:
        "With one boundary for a multipart and the one inside, as Outlook Express sent, Python takes every line for the " +
        "outer one and ends at the first that closes the inner one: it loses parts, which a filter must not",
      count: 2,
      explains: ({ what, message }) =>
        what === "tree" && ["python/msg_15.txt", "python/msg_39.txt"].includes(message),
    },
    {
      why: "A name is without its path: nobody should write to a path that a sender chose",
      count: 2,
      explains: ({ what, ours, theirs }) =>
        what === "name" && ours !== null && theirs?.endsWith(`/${ours}`) === true,
    },
    {
      why:
        "Encoded words in a parameter are decoded as mail programs show them, with a language or without quotes too",
      count: 2,
      explains: ({ what, ours, theirs }) =>
        what === "name" && ours !== null && (theirs === null || theirs.includes("=?")),
    },
    {
      why: "White space at the end of a quoted-printable line was added on the way (RFC 2045, 6.7, rule 3)",
      count: 1,
      explains: trailingBlanks,
    },
  ],
  "postal-mime": [
    {
      why: "A Content-Type that is no type means text/plain (RFC 2045, 5.2)",
      count: 3,
      explains: ({ what, ours, theirs }) =>
        what === "tree" && ours !== null && theirs !== null && ours.replaceAll("text/plain", "") !== ours &&
        typesMadeText(theirs) === ours,
    },
    {
      why:
        "Between two delimiters that follow one another there is no part: thousands of them would reach the limit",
      count: 1,
      explains: ({ what, message }) => what === "tree" && message === "python/msg_37.txt",
    },
    {
      why:
        "A line that is no field ends the header (RFC 5322 has no other lines). postal-mime skips it, and with it text",
      count: 5,
      explains: ({ what, ours, theirs, message }) =>
        what === "content" && (ours ?? "").endsWith(theirs ?? "") &&
        [
          "python/msg_19.txt",
          "python/msg_35.txt",
          "python/msg_38.txt",
          "mime-tools/hdr-fakeout.msg",
        ].includes(message),
    },
    {
      why:
        "A name is without its path, and encoded words in it are decoded even with a language in them or without quotes",
      count: 4,
      explains: ({ what, theirs }) => what === "name" && theirs !== null && /^\/evil\/|=\?/.test(theirs),
    },
    {
      why: "White space at the end of a quoted-printable line was added on the way (RFC 2045, 6.7, rule 3)",
      count: 2,
      explains: trailingBlanks,
    },
    {
      why: "format=flowed is how a text is shown; its lines stay as they were sent",
      count: 1,
      explains: ({ what, ours, theirs }) => what === "text" && joinedLines(ours) === joinedLines(theirs),
    },
  ],
};

/** A tree without what is inside reports and external bodies. */
function withoutReports(tree: string | null): string {
  let level = Infinity;
  return (tree ?? "").split("\n").filter((line) => {
    const depth = line.search(/\S/);
    if (depth > level) return false;
    level = /message\/(?:delivery-status|feedback-report|external-body)$/.test(line) ? depth : Infinity;
    return true;
  }).join("\n");
}

function trailingBlanks({ what, ours, theirs }: Difference): boolean {
  return what === "content" && withoutTrailingBlanks(ours) === withoutTrailingBlanks(theirs);
}

function withoutTrailingBlanks(text: string | null): string {
  return (text ?? "").split("\n").map((line) => line.trimEnd()).join("\n").trimEnd();
}

function typesMadeText(tree: string): string {
  return tree.split("\n").map((line) => line.includes("/") ? line : line.replace(/\S*$/, "text/plain")).join(
    "\n",
  );
}

function joinedLines(text: string | null): string {
  return (text ?? "").replace(/\s+/g, " ");
}
