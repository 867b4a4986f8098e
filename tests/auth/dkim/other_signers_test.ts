// Messages signed on the spot by other implementations.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { KeyFiles, Peer, type PeerName, peerProblem, SIGNERS } from "../peer.ts";
import {
  ed25519Key,
  formatMessage,
  type Message,
  parseMessage,
  resolverOf,
  sharedRsaKey,
  verifyMessage,
  withHeader,
} from "./support.ts";
import { at } from "../../support/present.ts";

// Without a lone CR or LF in the body: the other implementations read those as line ends.
const MESSAGE: Message = {
  headers: [
    ["Received", " from a.example by b.example;\r\n\tMon, 6 Oct 2025 10:00:00 +0000"],
    ["From", " Someone  <someone@example.org>"],
    ["To", " \tother@example.com"],
    ["Subject", " a  folded \r\n\t subject caf\xe9 \t"],
    ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"],
    ["Message-ID", " <1@example.org>"],
  ],
  body: "First  line \t\r\n\r\n \t two\t\ttabs\r\ncaf\xe9\r\n.\r\n \r\n\r\n\r\n",
};

const keys = { rsa: sharedRsaKey(), ed25519: ed25519Key() };
const files = { rsa: new KeyFiles(keys.rsa), ed25519: new KeyFiles(keys.ed25519) };
const peers = new Map<PeerName, Peer>();
after(() => {
  for (const peer of peers.values()) peer.stop();
  for (const each of Object.values(files)) each.remove();
});

for (const { name, type, headers } of SIGNERS) {
  const skip = skipFor(peerProblem(name));
  if (!skip && !peers.has(name)) peers.set(name, new Peer(name));
  const algorithm = `${type}-sha256` as const;
  for (const header of headers) {
    for (const body of ["simple", "relaxed"] as const) {
      test(`signed by ${name} with ${algorithm}, ${header}/${body}`, { skip }, async () => {
        const signed = parseMessage(
          await peers.get(name)!.sign({
            message: formatMessage(MESSAGE),
            header,
            body,
            algorithm,
            selector: "sel",
            domain: "example.org",
            keyFile: files[type].for(name, algorithm),
            names: ["from", "to", "subject", "date"],
          }),
        );
        const resolver = resolverOf({ "sel._domainkey.example.org": keys[type].record });
        const verify = async (message: Message) =>
          at(await verifyMessage(message, { resolver, now: () => Date.now() / 1000 }, 3), 0);
        const result = await verify(signed);
        assert.equal(result.status, "pass", result.reason);
        assert.equal(result.algorithm, algorithm);
        assert.equal((await verify({ ...signed, body: signed.body.replace("tw", "wt") })).status, "fail");
        assert.equal((await verify(withHeader(signed, "From", (value) => value + "x"))).status, "fail");
      });
    }
  }
}
