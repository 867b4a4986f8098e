// Wrong values of the options of footer.
import { after } from "node:test";
import { KeysFolder } from "../../dkim_sign/key_files.ts";
import { one, type Row, testValues } from "./support.ts";

/** For files that are named in errors. */
const texts = new KeysFolder();
after(() => texts[Symbol.dispose]());
const FOOTER_HTML = texts.write("footer.html", "<body><p>Example Ltd of Leeds</p></body>");
const FOOTER_SHORT = texts.write("footer.txt", "Acme\n{subject}\nLtd\n");

/** Behind `--filter footer`. */
const FOOTER: Row[] = [
  one("text", "", "it is empty", "Example Ltd"),
  one("text", " ", "it contains no text"),
  one(
    "text",
    "<p>Example Ltd</p>",
    "it is HTML; want plain text here, and the HTML in a file for --html-file",
    "<example> Ltd",
  ),
  one(
    "text",
    "/etc/footer.txt",
    "it is a path; want the text itself, or --text-file with the path",
    "see /etc/footer.txt",
  ),
  one(
    "text",
    "Example Ltd\\nLeeds",
    "\\n is no line break here; write a line break as it is, or use --text-file",
    "Example Ltd\nLeeds",
  ),
  one(
    "text",
    "Sent by {from_nane}",
    "there is no {from_nane}; did you mean {from_name}?",
    "Sent for Example Ltd by {from_name}",
  ),
  one("text", "Example \x07 Ltd", "it holds control characters"),
  one(
    "text",
    "Acme",
    "no line of it has 8 letters and digits, by which replies that have it could be recognized; write more, or give --repeat",
  ),
  one(
    "text-file",
    FOOTER_SHORT,
    "no line of it has 8 letters and digits, by which replies that have it could be recognized; write more, or give --repeat",
  ),
  one("text-file", "/nowhere/footer.txt", "it cannot be read: there is no such file"),
  [[["text", "Example Ltd"], ["text-file", FOOTER_SHORT]], "--text gives the footer already"],
  [
    [["text", "Example Ltd"], ["html-file", FOOTER_HTML]],
    "it has a body tag; want only what may stand in a body",
  ],
  [
    [["text", "Example Ltd"], ["marker", "Ltd"]],
    "want at least 8 letters and digits, which are not in others' mail by accident",
    [["text", "Example Ltd"], ["marker", "example-ltd"]],
  ],
  [
    [["text", "Example Ltd"], ["marker", "Example Inc"]],
    "it must be in the text of the footer, which is recognized by it",
  ],
  [
    [["text", "Example Ltd"], ["repeat"], ["marker", "Example Ltd"]],
    "leave it out: with --repeat, the footer is added without looking for it",
  ],
];

testValues({ name: "footer" }, FOOTER);
