// Who the milter is asked about, and what can be said on the command line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { OptionError } from "../../lib/options/options.ts";
import { ProtocolFlag } from "../../lib/protocol/constants.ts";
import { inFolder, MESSAGE, type Served, served, until } from "../server/support.ts";
import { behindRaw, milterFilter, packet, RawMilter } from "./support.ts";

async function sendFrom(
  { open }: Pick<Served, "open">,
  address: string,
  login?: string,
): Promise<string> {
  const mta = await open({ bare: true });
  await mta.connect({ hostname: "h", family: address.includes(":") ? "inet6" : "inet", port: 1, address });
  await mta.helo("h");
  const mail: Record<string, string> = login === undefined ? { i: "Q1" } : { i: "Q1", auth_authen: login };
  const { answer } = await mta.message(MESSAGE, {
    from: "s@example.org",
    to: ["a@example.net"],
    macros: { mail },
  });
  return answer.verdict;
}

test("clients of some networks are not asked about", async () => {
  await behindRaw({ "not-client": ["192.0.2.0/24", "2001:db8::/32"] }, async (raw, front) => {
    raw.react = ({ letter }) => letter === "M" ? packet("r") : undefined;
    assert.equal(await sendFrom(front, "192.0.2.77"), "accept");
    assert.equal(await sendFrom(front, "IPv6:2001:db8::5"), "accept");
    assert.ok(!raw.letters().includes("C"));
    // The SMTP session goes on, but the milter has no part in it.
    const mta = await front.open({ bare: true });
    await mta.connect({ hostname: "h", family: "inet", port: 1, address: "192.0.2.77" });
    await until(() => raw.open === 0);
    assert.equal(await sendFrom(front, "198.51.100.1"), "reject");
  });
});

test("they do not need the milter, which is not even connected to once its wishes are known", async () => {
  await inFolder(async (folder) => {
    const raw = new RawMilter(`${folder}/raw.sock`);
    await served([await milterFilter(raw.address, { "not-client": "192.0.2.0/24" })], async (front) => {
      assert.equal(await sendFrom(front, "192.0.2.1"), "accept");
      assert.equal(await sendFrom(front, "198.51.100.1"), "tempfail");
      await raw.start();
      try {
        assert.equal(await sendFrom(front, "198.51.100.1"), "continue");
        assert.equal(raw.connections, 1);
        for (let i = 0; i < 3; i++) assert.equal(await sendFrom(front, "192.0.2.1"), "accept");
        assert.equal(raw.connections, 1);
        assert.equal(await sendFrom(front, "198.51.100.1"), "continue");
        assert.equal(raw.letters(2), "OCHMRTLLNBE");
      } finally {
        await raw.kill();
      }
    });
  });
});

test("mail of clients that logged in is not asked about", async () => {
  await behindRaw({ "not-authenticated": "" }, async (raw, { open }) => {
    raw.react = ({ letter }) => letter === "E" ? packet("r") : undefined;
    assert.equal(await sendFrom({ open }, "192.0.2.1", "alice"), "accept");
    assert.equal(raw.letters(), "OCH");
    assert.equal(await sendFrom({ open }, "192.0.2.1"), "reject");
    assert.equal(await sendFrom({ open }, "192.0.2.1", ""), "reject");
  });
});

test("the login is known also where the milter asks for other macros of the sender", async () => {
  await behindRaw({ "not-authenticated": "" }, async (raw, { open }) => {
    const terms = packet("O", Uint8Array.from([0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x69, 0]));
    raw.react = ({ letter }) => letter === "O" ? terms : undefined;
    const asked = (await open()).terms.lists.find(({ stage }) => stage === 2);
    assert.match(new TextDecoder().decode(asked!.names), /\{auth_authen\}/);
    assert.equal(await sendFrom({ open }, "192.0.2.1", "alice"), "accept");
  });
});

test("the filter's name is that of the milter, or its address", async () => {
  assert.equal((await milterFilter("inet:localhost:8891")).name, "milter inet:8891@localhost");
  assert.equal((await milterFilter("inet:8891@localhost", { label: "opendkim" })).name, "opendkim");
});

for (
  const [options, message] of [
    [
      { address: "localhost:8891" },
      /^Invalid --address "localhost:8891": did you mean inet:8891@localhost\?/,
    ],
    [{ address: "/run/x.sock" }, /^Invalid --address .*did you mean unix:\/run\/x.sock\?/],
    [{ address: "fd:3" }, /^Invalid --address "fd:3": want unix:\/path, inet:port@host or inet6:port@host/],
    [{ address: "inet:99999@localhost" }, /port 99999 is above 65535/],
    [{ "on-error": "ignore" }, /^Invalid --on-error "ignore": want one of tempfail, reject, accept, skip/],
    [{ "not-client": "home" }, /^Invalid --not-client "home": want a network/],
    [{ timeout: "0s" }, /^Invalid --timeout "0s": it must be at least 1ms/],
  ] as const
) {
  test(`${JSON.stringify(options)} is refused`, async () => {
    await assert.rejects(
      milterFilter("inet:1@localhost", options),
      (error) => error instanceof OptionError && message.test(error.message),
    );
  });
}

test("a milter that wants little costs the MTA little", async () => {
  await behindRaw({}, async (raw, { open }) => {
    const { NO_BODY, NO_HEADERS, NR_RCPT } = ProtocolFlag;
    raw.terms = [6, 0, 0x1fffff & ~(ProtocolFlag.NO_RCPT | NR_RCPT)];
    const { protocol, actions } = (await open()).terms;
    assert.equal(actions, 0);
    assert.equal(protocol & NO_BODY, NO_BODY);
    // A chain shows every end of message its header, so that is asked for.
    assert.equal(protocol & NO_HEADERS, 0);
    assert.equal(protocol & NR_RCPT, 0);
  });
});
