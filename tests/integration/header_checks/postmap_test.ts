// What Postfix's postmap finds for each header field of each message in a table, and what the rules find that the table is
// converted to.
// Runs once: the rules are plain functions, and postmap is a program.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { parseMime } from "../../../lib/mime/parse_mime.ts";
import { partLines } from "../../../filters/rules/fields/field_lines.ts";
import { unfolded } from "../../../filters/header_edits/header_value.ts";
import { PCRE_TABLES } from "../../support/postfix.ts";
import { findCommand, run } from "../../support/process.ts";
import { ConvertedRules, tableFile } from "./converted_rules.ts";
import { Differences, FIELD_REASONS } from "./differences.ts";
import { headerCases } from "./messages.ts";

const postmap = findCommand("postmap");
const skip = postmap && existsSync(PCRE_TABLES) ? false : "needs postmap: apt-get install postfix postfix-pcre";
