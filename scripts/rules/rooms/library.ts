/**
 * The rooms of the library.
 *
 * @module
 */

import type { Room } from "./room.ts";

/** The first row that matches a file applies. */
export const LIBRARY_ROOMS: readonly Room[] = [
  {
    room: "lib/system_errors.ts",
    about: "Readable messages for operating system errors",
    from: [],
    node: false,
  },
  {
    room: "lib/time/",
    about: "The clock that all time-outs use, and a throttle for notices",
    from: [],
    node: true,
  },
  {
    room: "lib/expressions/",
    about: "Regular expressions that match in linear time",
    from: [],
    node: false,
  },
  {
    room: "lib/protocol/",
    about: "Encodes and decodes packets, and tracks the sessions of both sides. No sockets, no clock",
    from: [],
    node: false,
  },
  {
    room: "lib/mime/",
    about: "Reads what people wrote: text of fields in any charset, addresses, parameters. No IO",
    from: ["lib/protocol/"],
    node: false,
  },
  {
    room: "lib/message/",
    about: "A message: header fields with identity, envelope, body, spool, and how MTAs apply changes",
    from: ["lib/mime/", "lib/protocol/", "lib/system_errors.ts"],
    node: true,
  },
  {
    room: "lib/net/",
    about: "The native sockets of each runtime behind one interface",
    from: ["lib/system_errors.ts", "lib/time/"],
    node: true,
  },
  {
    room: "lib/dns/",
    about: "A stub resolver with a cache, and the options that choose its servers",
    from: ["lib/net/descriptors.ts", "lib/options/", "lib/time/"],
    node: true,
  },
  {
    room: "lib/options/",
    about: "Options of filters and settings of programs: from text to checked values",
    from: [
      "lib/expressions/",
      "lib/message/header_name.ts",
      "lib/message/mailbox.ts",
      "lib/net/address.ts",
      "lib/system_errors.ts",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "lib/auth/dkim/",
    about: "Verifies and makes DKIM signatures",
    from: ["lib/auth/", "lib/dns/", "lib/message/"],
    node: true,
  },
  {
    room: "lib/auth/dmarc/",
    about: "Evaluates DMARC: records, the walk up the tree of names, alignment and policy. No sockets",
    from: ["lib/auth/", "lib/dns/"],
    node: false,
  },
  {
    room: "lib/auth/spf/",
    about: "Checks which clients may use a domain's name (SPF)",
    from: ["lib/auth/", "lib/dns/", "lib/time/"],
    node: true,
  },
  {
    room: "lib/auth/",
    about: "Who sent a message: authors, results of authentication, and an engine for each method",
    from: ["lib/auth/dkim/results.ts", "lib/dns/", "lib/message/", "lib/mime/", "lib/time/"],
    node: true,
  },
  {
    room: "lib/store/",
    about: "State that outlives a message",
    from: ["lib/net/", "lib/system_errors.ts", "lib/time/"],
    node: true,
  },
  {
    room: "lib/filter/",
    about: "The API for authors of filters: definition, context, kit, verdicts, changes, scope",
    from: [
      "lib/auth/",
      "lib/dns/resolver.ts",
      "lib/message/",
      "lib/mime/",
      "lib/options/",
      "lib/protocol/",
      "lib/store/store.ts",
      "lib/time/clock.ts",
    ],
    node: true,
  },
  {
    room: "lib/kit/",
    about:
      "A filter's life cycle: creates it with its kit of timers, metrics, DNS and stores, and disposes of it",
    from: ["lib/dns/", "lib/filter/", "lib/options/", "lib/store/", "lib/time/"],
    node: false,
  },
  {
    room: "lib/chain/",
    about: "The engine: runs several filters on one connection, as an MTA would",
    from: ["lib/filter/", "lib/message/", "lib/options/", "lib/protocol/", "lib/time/"],
    node: true,
  },
  {
    room: "lib/server/",
    about: "The server: connects sockets, protocol and chain",
    from: [
      "lib/chain/",
      "lib/filter/",
      "lib/kit/",
      "lib/message/",
      "lib/net/",
      "lib/options/",
      "lib/protocol/",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "lib/mta/",
    about: "The MTA's side of the protocol, for tests and tools",
    from: [
      "lib/chain/",
      "lib/filter/",
      "lib/kit/kit.ts",
      "lib/message/",
      "lib/net/",
      "lib/options/",
      "lib/protocol/",
      "lib/server/",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "lib/testing/",
    about: "The testing kit",
    from: [
      "lib/chain/chain_options.ts",
      "lib/dns/",
      "lib/filter/",
      "lib/kit/",
      "lib/message/",
      "lib/mime/",
      "lib/mta/",
      "lib/options/",
      "lib/protocol/",
      "lib/time/clock.ts",
    ],
    node: true,
  },
  {
    room: "lib/testing.ts",
    about: "The testing kit's entry",
    from: ["lib/"],
    node: true,
  },
  {
    room: "lib/auth.ts",
    about: "The entry for checking and signing mail without a filter",
    from: ["lib/auth/", "lib/dns/", "lib/time/"],
    node: false,
  },
  {
    room: "lib/mime.ts",
    about: "The entry for reading mail without a filter",
    from: ["lib/mime/"],
    node: false,
  },
  {
    room: "lib/lint.ts",
    about: "The lint plugin's entry",
    from: [],
    node: false,
  },
  {
    room: "mod.ts",
    about: "The library's entry",
    from: ["lib/"],
    node: false,
  },
];
