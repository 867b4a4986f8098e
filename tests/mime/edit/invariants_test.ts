// What must hold for every message: what was not meant stays byte for byte, and what was meant is as asked.
import { describe, it } from "node:test";
import { latin1Text } from "../../../lib/protocol/text.ts";
import { Random, testSeed } from "../../support/random.ts";
import { checkAddedText, checkReplaced } from "./edited.ts";
import { randomMimeMessage } from "./random_message.ts";
import { parseMime } from "../../../lib/mime/parse_mime.ts";

const random = new Random(testSeed("edits"));
const messages = Array.from({ length: 400 }, () => randomMimeMessage(random));

/** Says of which message a check failed. */
async function each(check: (message: Uint8Array) => Promise<unknown>): Promise<void> {
  for (const message of messages) {
    try {
      await check(message);
    } catch (error) {
      (error as Error).message += `\nin\n${latin1Text(message).replaceAll("\r", "\\r")}`;
      throw error;
    }
  }
}

describe("of random messages", () => {
  for (const word of ["ASCII", "Ünïcödé", "日本"]) {
    it(`text with ${word} is added to texts, and nothing else changes`, () =>
      each((message) =>
        checkAddedText(message, { text: `Top ${word}`, html: `<p>Top ${asciiOf(word)}</p>` }, {
          text: `End ${word}`,
          html: `<p>End ${asciiOf(word)}</p>`,
        })
      ));
  }

  it("a part is removed, and nothing else changes", () =>
    each(async (message) => {
      const { parts } = await parseMime(message);
      await checkReplaced(message, random.below(parts.length));
    }));

  for (
    const replacement of [{ text: "Größe\nentfernt" }, { text: "gone" }, {
      bytes: Uint8Array.of(0, 13, 10, 255),
    }]
  ) {
    it(`a part is replaced by ${replacement.text ?? "bytes"}, and nothing else changes`, () =>
      each(async (message) => {
        const { parts } = await parseMime(message);
        await checkReplaced(message, random.below(parts.length), replacement);
      }));
  }
});

function asciiOf(word: string): string {
  return word.normalize("NFD").replace(/[^ -~]/g, "");
}
