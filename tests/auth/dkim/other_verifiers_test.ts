// Forms that RFC 6376 does not allow and that are accepted all the same, since everybody else accepts them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { Peer, type PeerName, peerProblem } from "../peer.ts";
import {
  formatMessage,
  type Message,
  resolverOf,
  SAMPLE,
  sharedRsaKey,
  signMessage,
  verifyMessage,
} from "./support.ts";
import { at } from "../../support/present.ts";

const key = sharedRsaKey();
const NAME = "sel._domainkey.example.org";
const p = key.record.slice(key.record.indexOf("p=") + 2);
// Without a lone CR or LF in the body: the other implementations read those as line ends.
const message: Message = { headers: SAMPLE.headers, body: "Hello\r\n" };
const headless: Message = { headers: SAMPLE.headers.filter(([name]) => name !== "From"), body: "Hello\r\n" };

const FORMS: readonly { readonly what: string; readonly signed: Message; readonly record: string }[] = [
  {
    what: "a colon at the end of h=",
    signed: signMessage(message, { key, tags: { h: "from:to:" } }),
    record: key.record,
  },
  { what: "no From, its absence signed", signed: signMessage(headless, { key }), record: key.record },
  { what: "v= behind k=", signed: signMessage(message, { key }), record: `k=rsa; v=DKIM1; p=${p}` },
  { what: "quotation marks around p=", signed: signMessage(message, { key }), record: `v=DKIM1; p="${p}"` },
];

const VERIFIERS: readonly PeerName[] = ["dkimpy", "Mail::DKIM"];
const skip = skipFor(VERIFIERS.map(peerProblem).find((problem) => problem !== undefined));

for (const { what, signed, record } of FORMS) {
  test(`${what}: passes, as with dkimpy and Mail::DKIM`, { skip }, async () => {
    const result = at(await verifyMessage(signed, { resolver: resolverOf({ [NAME]: record }) }), 0);
    assert.equal(result.status, "pass", result.reason);
    for (const name of VERIFIERS) {
      const peer = new Peer(name);
      try {
        const { passed, detail } = await peer.verify(formatMessage(signed), { [NAME]: record });
        assert.ok(passed, `${name}: ${detail}`);
      } finally {
        peer.stop();
      }
    }
  });
}
