/**
 * The callbacks of `footer`.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import type { CreatedFilter } from "../../lib/filter/definition.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import type { Headers } from "../../lib/message/header_list.ts";
import type { EditResult } from "../../lib/mime/edit/edit_result.ts";
import { hasText } from "../../lib/mime/edit/find_text.ts";
import { escapeHtml } from "../../lib/mime/edit/text/plain_text.ts";
import { footerSettings } from "./settings.ts";
import { footerValues } from "./values.ts";

/** Signatures that cover the body, each with what people call it. */
const SIGNATURES = [["DKIM-Signature", "dkim"], ["ARC-Message-Signature", "arc"]] as const;

/**
 * Makes the filter.
 *
 * @param kit its kit, with its options
 * @throws {OptionError} for options that are invalid, and for files that cannot be used
 */
export function footerFilter(
  kit: FilterKit,
): CreatedFilter<undefined, undefined, never, "editContent", "mime"> {
  const { text, html, at, markers, alsoSigned } = footerSettings(kit.options);
  const added = kit.counter("added_total", "Messages that got the footer");
  const skipped = kit.counter("skipped_total", "Messages that did not get it, by reason", ["reason"]);
  const skip = ({ remark }: Context, reason: string, words: string): void => {
    skipped.add({ reason });
    remark(`no footer: ${words}`);
  };
  return {
    async eom({ headers, content }, context) {
      const signature = alsoSigned ? undefined : signatureIn(headers);
      if (signature) return skip(context, ...signature);
      if (markers.length > 0 && await hasText((await content.mime()).root, markers)) {
        return skip(context, "present", "the message has it already");
      }
      const values = footerValues(headers, context, new Date());
      const result = await content.addText({
        at,
        text: text.fill(values),
        html: html?.fill(values, escapeHtml),
      });
      const [refusal] = result.refused;
      if (!result.done && refusal) return skip(context, refusal.reason, refusal.message);
      added.add();
      context.remark(addedText(result));
    },
  };
}

type Context = Pick<MessageContext<undefined, undefined>, "remark">;

/** The reason for leaving a signed message alone, and its text. */
function signatureIn(headers: Headers): [reason: string, words: string] | undefined {
  const found = SIGNATURES.find(([name]) => headers.get(name) !== undefined);
  return found && [found[1], `the message carries ${found[0]}`];
}

function addedText({ changed, refused }: EditResult): string {
  const types = changed.map(({ type }) => type).join(" and ");
  const others = refused.map(({ part, message }) => `, but not to ${part.type}: ${message}`).join("");
  return `footer added to ${types}${others}`;
}
