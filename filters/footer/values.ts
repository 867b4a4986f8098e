/**
 * What the names in a footer stand for.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import type { Headers } from "../../lib/message/header_list.ts";
import type { FooterValues } from "./template.ts";

/**
 * The values for a message. What is not known is empty.
 *
 * @param headers its header
 * @param context its client and sender
 * @param now the time; its date is that of the system's time zone
 */
export function footerValues(
  headers: Headers,
  { client, sender, macro }: Pick<MessageContext<undefined, undefined>, "client" | "sender" | "macro">,
  now: Date,
): FooterValues {
  const [author] = headers.addresses("From");
  const address = author?.address ?? "";
  return (name) => {
    switch (name) {
      case "from":
        return address;
      case "from_name":
        return author?.name || address;
      case "from_domain":
        return address.slice(address.lastIndexOf("@") + 1);
      case "subject":
        return headers.text("Subject") ?? "";
      case "date":
        return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(twoDigits).join("-");
      case "mail_from":
        return sender?.address ?? "";
      case "auth_authen":
        return macro("auth_authen") ?? "";
      case "client_addr":
        return client?.address ?? "";
      case "client_name":
        return client?.hostname ?? "";
    }
  };
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
