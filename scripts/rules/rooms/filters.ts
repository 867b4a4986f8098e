/**
 * The rooms of the built-in filters.
 *
 * @module
 */

import type { Room } from "./room.ts";

/** The first row that matches a file applies. */
export const FILTER_ROOMS: readonly Room[] = [
  {
    room: "filters/registry.ts",
    about: "The list of the built-in filters",
    from: ["filters/", "lib/filter/"],
    node: false,
  },
  {
    room: "filters/common/",
    about: "Options that every filter has",
    from: ["lib/auth/", "lib/expressions/", "lib/filter/", "lib/options/"],
    node: false,
  },
  {
    room: "filters/milter/",
    about: "An external milter as a filter of the chain",
    from: [
      "filters/common/",
      "lib/filter/",
      "lib/message/",
      "lib/mta/",
      "lib/net/",
      "lib/options/",
      "lib/protocol/",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "filters/header_edits/",
    about: "Header changes as written in options and rules, for the filters that have them",
    from: [
      "lib/expressions/",
      "lib/filter/",
      "lib/message/",
      "lib/mime/",
      "lib/options/",
    ],
    node: false,
  },
  {
    room: "filters/rules/",
    about: "Decides on mail by rules: conditions, and what happens to mail that meets them",
    from: [
      "filters/common/",
      "filters/header_edits/",
      "lib/expressions/",
      "lib/filter/",
      "lib/message/",
      "lib/mime/",
      "lib/options/",
      "lib/protocol/",
    ],
    node: false,
  },
  {
    room: "filters/clamd/",
    about: "Lets clamd scan messages: its protocol, its servers, and the scan of one message",
    from: ["lib/filter/", "lib/message/", "lib/net/", "lib/options/", "lib/time/"],
    node: false,
  },
  {
    room: "filters/authentication/",
    about: "Shared parts of the filters that check mail: options, checks of one message, policies",
    from: ["lib/auth/", "lib/dns/", "lib/filter/", "lib/message/", "lib/options/", "lib/time/"],
    node: true,
  },
  {
    room: "filters/rate_limit/",
    about: "Limits how much a sender may send, and notifies the administrator when a sender exceeds a limit",
    from: [
      "lib/filter/",
      "lib/message/",
      "lib/net/",
      "lib/options/",
      "lib/store/store.ts",
      "lib/system_errors.ts",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "filters/*/",
    about: "The other built-in filters, one folder each; none imports another",
    from: [
      "filters/authentication/",
      "filters/header_edits/",
      "lib/auth/",
      "lib/dns/",
      "lib/expressions/",
      "lib/filter/",
      "lib/message/",
      "lib/mime/",
      "lib/options/",
      "lib/store/store.ts",
      "lib/system_errors.ts",
      "lib/time/clock.ts",
    ],
    node: true,
  },
];
