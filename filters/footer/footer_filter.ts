/**
 * The callbacks of `footer`.
 *
 * @module
 */

import { OptionError } from "../../lib/options/options.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { CreatedFilter } from "../../lib/filter/definition.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import type { Headers } from "../../lib/message/header_list.ts";
import type { EditResult } from "../../lib/mime/edit/edit_result.ts";
import { hasText } from "../../lib/mime/edit/find_text.ts";
import { escapeHtml } from "../../lib/mime/edit/text/plain_text.ts";
import { type FooterSettings, footerSettings } from "./settings.ts";
import type { FooterValues } from "./template.ts";
