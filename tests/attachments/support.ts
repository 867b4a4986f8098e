// The filter, and what becomes of a message with attachments.
import { attachments } from "../../filters/attachments/attachments.ts";
import { deliver } from "../../lib/testing.ts";
import type { Delivered } from "../../lib/testing/delivered.ts";
import type { MadeFilter } from "../../lib/kit/make.ts";
import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { dryRun } from "../../lib/filter/dry_run.ts";
import { optionSpecs } from "../../lib/filter/option_declarations.ts";
import { makeFromValues } from "../../lib/kit/make.ts";
import { OptionValues } from "../../lib/options/options.ts";
import type { Given } from "../support/made_filter.ts";

/** The filter with options as on a command line. */
export async function makeAttachments(...given: Given): Promise<MadeFilter> {
  const options = new OptionValues([...optionSpecs(attachments.options), ...COMMON_OPTIONS], given);
  return await makeFromValues(attachments, options);
}

/** What becomes of a message. */
export async function delivered(message: Uint8Array, ...given: Given): Promise<Delivered> {
  const filter = await makeAttachments(...given);
  // As the executable does.
  const isDryRun = given.some(([name]) => name === "dry-run");
  return await deliver(isDryRun ? dryRun(filter) : filter, {
    message,
    from: "ann@example.org",
    to: ["bob@example.net", "eve@example.net"],
    macros: { i: "4Rk1Xb2pQz" },
  });
}
