// Rules that look at one header field after the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delivered } from "../../lib/testing.ts";
import { configured, fate, through, type Words } from "./support.ts";

const FIELD = ["match field"];

/** The header after rules, one line for each field. */
function headerOf({ fields }: Delivered): readonly string[] {
  return fields.map(({ name, value }) => `${name}: ${value}`);
}

async function wrong(words: Words): Promise<string> {
  const error = await configured(words).then(() => assert.fail("it was taken"), (error) => error as Error);
  return error.message;
}
