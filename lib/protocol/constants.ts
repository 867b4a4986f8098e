/**
 * The numbers and letters of the milter protocol.
 *
 * Names use the field's terms; each comment has libmilter's own name (`mfdef.h`, `mfapi.h`) and, if it is not in the base
 * protocol, the protocol version that introduced it.
 *
 * @module
 */

/** The newest supported protocol version (`SMFI_PROT_VERSION`). */
export const NEWEST_VERSION = 6;
/** The oldest supported protocol version. */
export const OLDEST_VERSION = 2;

/** Packets that an MTA sends (`SMFIC_*`), by their command letter. */
export const Command = {
  /** `SMFIC_ABORT`: the message is over, the connection is not. */
  ABORT: 0x41,
  /** `SMFIC_BODY`: a chunk of the body. */
  BODY: 0x42,
  /** `SMFIC_CONNECT`: who the SMTP client is. */
  CONNECT: 0x43,
  /** `SMFIC_MACRO`: macros for the event that follows. */
  MACRO: 0x44,
  /** `SMFIC_BODYEOB`: end of message, perhaps with a last chunk of the body. */
  BODYEOB: 0x45,
  /** `SMFIC_HELO`: the name in HELO or EHLO. */
  HELO: 0x48,
  /** `SMFIC_QUIT_NC`: this SMTP client is gone, the same socket carries the next one (version 6). */
  QUIT_NC: 0x4b,
  /** `SMFIC_HEADER`: one header field. */
  HEADER: 0x4c,
  /** `SMFIC_MAIL`: the sender. */
  MAIL: 0x4d,
  /** `SMFIC_EOH`: end of the header. */
  EOH: 0x4e,
  /** `SMFIC_OPTNEG`: option negotiation. */
  OPTNEG: 0x4f,
  /** `SMFIC_QUIT`: the connection is over. */
  QUIT: 0x51,
  /** `SMFIC_RCPT`: one recipient. */
  RCPT: 0x52,
  /** `SMFIC_DATA`: the DATA command (version 4). */
  DATA: 0x54,
  /** `SMFIC_UNKNOWN`: an SMTP command that the MTA does not know (version 3). */
  UNKNOWN: 0x55,
} as const;

/** Packets that a filter sends (`SMFIR_*`), by their letter. */
export const Reply = {
  /** `SMFIR_ADDRCPT` */
  ADD_RCPT: 0x2b,
  /** `SMFIR_DELRCPT` */
  DELETE_RCPT: 0x2d,
  /** `SMFIR_ADDRCPT_PAR`: with ESMTP arguments (version 6). */
  ADD_RCPT_PAR: 0x32,
  /** `SMFIR_SHUTDOWN`: 421; internal to MTAs. */
  SHUTDOWN: 0x34,
  /** `SMFIR_ACCEPT` */
  ACCEPT: 0x61,
  /** `SMFIR_REPLBODY`: a part of the new body. */
  REPLACE_BODY: 0x62,
  /** `SMFIR_CONTINUE` */
  CONTINUE: 0x63,
  /** `SMFIR_DISCARD` */
  DISCARD: 0x64,
  /** `SMFIR_CHGFROM` (version 6). */
  CHANGE_FROM: 0x65,
  /** `SMFIR_CONN_FAIL`: internal to MTAs. */
  CONNECTION_FAIL: 0x66,
  /** `SMFIR_ADDHEADER` */
  ADD_HEADER: 0x68,
  /** `SMFIR_INSHEADER` */
  INSERT_HEADER: 0x69,
  /** `SMFIR_SETSYMLIST`: defined, never sent alone. */
  SET_SYMBOL_LIST: 0x6c,
  /** `SMFIR_CHGHEADER` */
  CHANGE_HEADER: 0x6d,
  /** The answer to the MTA's `SMFIC_OPTNEG`. */
  OPTNEG: 0x4f,
  /** `SMFIR_PROGRESS`: still at work (end of message only). */
  PROGRESS: 0x70,
  /** `SMFIR_QUARANTINE` */
  QUARANTINE: 0x71,
  /** `SMFIR_REJECT` */
  REJECT: 0x72,
  /** `SMFIR_SKIP`: no more of the body, please (version 6). */
  SKIP: 0x73,
  /** `SMFIR_TEMPFAIL` */
  TEMPFAIL: 0x74,
  /** `SMFIR_REPLYCODE`: an SMTP reply of the filter's own. */
  REPLY_CODE: 0x79,
} as const;

/** The actions that a filter may take (`SMFIF_*`), as bits. */
export const ActionFlag = {
  /** `SMFIF_ADDHDRS`: add and insert header fields. */
  ADD_HEADERS: 0x001,
  /** `SMFIF_CHGBODY` */
  CHANGE_BODY: 0x002,
  /** `SMFIF_ADDRCPT` */
  ADD_RCPT: 0x004,
  /** `SMFIF_DELRCPT` */
  DELETE_RCPT: 0x008,
  /** `SMFIF_CHGHDRS`: change and delete header fields. */
  CHANGE_HEADERS: 0x010,
  /** `SMFIF_QUARANTINE` */
  QUARANTINE: 0x020,
  /** `SMFIF_CHGFROM` (version 6). */
  CHANGE_FROM: 0x040,
  /** `SMFIF_ADDRCPT_PAR` (version 6). */
  ADD_RCPT_PAR: 0x080,
  /** `SMFIF_SETSYMLIST`: name the macros wanted (version 6). */
  SET_SYMBOL_LIST: 0x100,
} as const;

/** Every bit of {@linkcode ActionFlag} (`SMFI_CURR_ACTS`). */
export const ALL_ACTIONS = 0x1ff;

/** What to leave out of the protocol or add to it (`SMFIP_*`), as bits. */
export const ProtocolFlag = {
  /** `SMFIP_NOCONNECT` */
  NO_CONNECT: 0x000001,
  /** `SMFIP_NOHELO` */
  NO_HELO: 0x000002,
  /** `SMFIP_NOMAIL` */
  NO_MAIL: 0x000004,
  /** `SMFIP_NORCPT` */
  NO_RCPT: 0x000008,
  /** `SMFIP_NOBODY` */
  NO_BODY: 0x000010,
  /** `SMFIP_NOHDRS` */
  NO_HEADERS: 0x000020,
  /** `SMFIP_NOEOH` */
  NO_EOH: 0x000040,
  /** `SMFIP_NR_HDR`: no reply to header events. */
  NR_HEADER: 0x000080,
  /** `SMFIP_NOUNKNOWN` (version 3). */
  NO_UNKNOWN: 0x000100,
  /** `SMFIP_NODATA` (version 4). */
  NO_DATA: 0x000200,
  /** `SMFIP_SKIP`: the MTA understands skip (version 6). */
  SKIP: 0x000400,
  /** `SMFIP_RCPT_REJ`: show recipients that the MTA itself rejected (version 6). */
  RCPT_REJ: 0x000800,
  /** `SMFIP_NR_CONN` (this and all below: version 6). */
  NR_CONNECT: 0x001000,
  /** `SMFIP_NR_HELO` */
  NR_HELO: 0x002000,
  /** `SMFIP_NR_MAIL` */
  NR_MAIL: 0x004000,
  /** `SMFIP_NR_RCPT` */
  NR_RCPT: 0x008000,
  /** `SMFIP_NR_DATA` */
  NR_DATA: 0x010000,
  /** `SMFIP_NR_UNKN` */
  NR_UNKNOWN: 0x020000,
  /** `SMFIP_NR_EOH` */
  NR_EOH: 0x040000,
  /** `SMFIP_NR_BODY` */
  NR_BODY: 0x080000,
  /** `SMFIP_HDR_LEADSPC`: header values as they are, leading space included. */
  HEADER_LEADING_SPACE: 0x100000,
  /** `SMFIP_MDS_256K`: packets of up to 256 KiB - 1 of data. */
  MAX_DATA_256K: 0x10000000,
  /** `SMFIP_MDS_1M`: packets of up to 1 MiB - 1 of data. */
  MAX_DATA_1M: 0x20000000,
} as const;

/** The protocol bits of each version (`SMFI_V1_PROT`, `SMFI_V2_PROT`, `SMFI_CURR_PROT`), without the MDS bits. */
export function protocolFlagsOfVersion(version: number): number {
  if (version >= 6) return 0x1fffff;
  if (version >= 4) return 0x37f;
  if (version === 3) return 0x17f;
  return 0x7f;
}

/** The bytes of a packet's length and letter, before its payload. */
export const PACKET_HEAD = 5;
/** The maximum number of payload bytes of a packet unless an MDS bit was negotiated (`MILTER_MAX_DATA_SIZE`). */
export const MAX_DATA = 65535;
/** The same with `SMFIP_MDS_256K` (`MILTER_MDS_256K`). */
export const MAX_DATA_256K = 256 * 1024 - 1;
/** The same with `SMFIP_MDS_1M` (`MILTER_MDS_1M`). */
export const MAX_DATA_1M = 1024 * 1024 - 1;
/** The maximum number of body bytes in one packet, from an MTA or of a new body (`MILTER_CHUNK_SIZE`). */
export const BODY_CHUNK = 65535;

/** The maximum number of payload bytes of a packet with the negotiated protocol bits. */
export function maxDataOf(protocol: number): number {
  if (protocol & ProtocolFlag.MAX_DATA_1M) return MAX_DATA_1M;
  return protocol & ProtocolFlag.MAX_DATA_256K ? MAX_DATA_256K : MAX_DATA;
}

/** The events of a session in the order of SMTP, then those that can come at any time. */
export type EventName =
  | "connect"
  | "helo"
  | "mail"
  | "rcpt"
  | "data"
  | "header"
  | "eoh"
  | "body"
  | "eom"
  | "abort"
  | "unknown"
  | "close";

/** The stages for which macros can be requested, with the numbers of `smfi_setsymlist` (`SMFIM_*`). */
export const MacroStage = {
  /** `SMFIM_CONNECT` */
  connect: 0,
  /** `SMFIM_HELO` */
  helo: 1,
  /** `SMFIM_ENVFROM` */
  mail: 2,
  /** `SMFIM_ENVRCPT` */
  rcpt: 3,
  /** `SMFIM_DATA` */
  data: 4,
  /** `SMFIM_EOM` */
  eom: 5,
  /** `SMFIM_EOH` */
  eoh: 6,
} as const;

/** A stage for which macros can be requested. */
export type MacroStageName = keyof typeof MacroStage;

/**
 * The maximum number of macro names that Sendmail accepts for one stage; it silently drops the rest
 * (`MAXFILTERMACROS`).
 */
export const MAX_MACROS_PER_STAGE = 50;
