import { ATTACHMENT_OPTIONS } from "./options.ts";
export const attachments = { options: ATTACHMENT_OPTIONS };
