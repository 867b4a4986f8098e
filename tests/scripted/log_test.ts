// The lines are what refmilter, on C libmilter, wrote in the same session.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { CLIENT, MESSAGE, until } from "../server/support.ts";
import { at } from "../support/present.ts";
import { scripted } from "./support.ts";

const SCRIPT = "on rcpt arg~b do setreply 550 5.7.1 no\n" +
  "on rcpt arg~b do reject\n" +
  "on eom do addheader X-N %{nhdr}\n";

const LINES = [
  '{"f":"A","c":1,"m":0,"ev":"negotiate","offered":[511,2097151],"wanted":[511,0],"got":[511,0]}',
  '{"f":"A","c":1,"m":0,"ev":"connect","args":["636c69656e742e6578616d706c65","34","34373131","3139322e302e322e31"],"mac":{"j":"6d782e6578616d706c65","v":"506f737466697820332e372e3131"},"ret":"continue"}',
  '{"f":"A","c":1,"m":0,"ev":"helo","args":["636c69656e742e6578616d706c65"],"mac":{"j":"6d782e6578616d706c65","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33"},"ret":"continue"}',
  '{"f":"A","c":1,"m":0,"ev":"unknown","args":["464f4f"],"mac":{"j":"6d782e6578616d706c65","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33"},"ret":"continue"}',
  '{"f":"A","c":1,"m":1,"ev":"mail","args":["3c73406578616d706c652e6f72673e","53495a453d33"],"mac":{"j":"6d782e6578616d706c65","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33","{mail_addr}":"73406578616d706c652e6f7267"},"ret":"continue"}',
  '{"f":"A","c":1,"m":1,"ev":"rcpt","args":["3c61406578616d706c652e6e65743e"],"mac":{"j":"6d782e6578616d706c65","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33","{mail_addr}":"73406578616d706c652e6f7267","{rcpt_addr}":"78"},"ret":"continue"}',
  '{"f":"A","c":1,"m":1,"ev":"rcpt","args":["3c62406578616d706c652e6e65743e"],"mac":{"j":"6d782e6578616d706c65","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33","{mail_addr}":"73406578616d706c652e6f7267","{rcpt_addr}":"78"},"ops":[["setreply",0]],"ret":"reject"}',
  '{"f":"A","c":1,"m":1,"ev":"data","args":[],"mac":{"j":"6d782e6578616d706c65","i":"5131","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33","{mail_addr}":"73406578616d706c652e6f7267","{rcpt_addr}":"78"},"ret":"continue"}',
  '{"f":"A","c":1,"m":1,"ev":"header","args":["5375626a656374","6869"],"ret":"continue"}',
  '{"f":"A","c":1,"m":1,"ev":"header","args":["582d41","31"],"ret":"continue"}',
  '{"f":"A","c":1,"m":1,"ev":"eoh","args":[],"mac":{"j":"6d782e6578616d706c65","i":"5131","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33","{mail_addr}":"73406578616d706c652e6f7267","{rcpt_addr}":"78"},"ret":"continue"}',
  '{"f":"A","c":1,"m":1,"ev":"body","args":["626f64790d0a"],"ret":"continue"}',
  '{"f":"A","c":1,"m":1,"ev":"eom","args":[],"mac":{"j":"6d782e6578616d706c65","i":"5131","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33","{mail_addr}":"73406578616d706c652e6f7267","{rcpt_addr}":"78","{msg_id}":""},"ops":[["addheader",0]],"ret":"continue"}',
  '{"f":"A","c":1,"m":2,"ev":"mail","args":["3c74406578616d706c652e6f72673e"],"mac":{"j":"6d782e6578616d706c65","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33","{mail_addr}":"74406578616d706c652e6f7267"},"ret":"continue"}',
  '{"f":"A","c":1,"m":2,"ev":"abort","args":[],"mac":{"j":"6d782e6578616d706c65","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33","{mail_addr}":"74406578616d706c652e6f7267"},"ret":"continue"}',
  '{"f":"A","c":1,"m":2,"ev":"close","args":[],"mac":{"j":"6d782e6578616d706c65","v":"506f737466697820332e372e3131","{tls_version}":"544c5376312e33","{mail_addr}":"74406578616d706c652e6f7267"},"ret":"continue"}',
];

test("the log of a session is refmilter's, byte for byte", async () => {
  await scripted([SCRIPT], async ({ open, server, lines }) => {
    const mta = await open({ bare: true });
    mta.macros("connect", { j: "mx.example", v: "Postfix 3.7.11" });
    await mta.connect(CLIENT);
    mta.macros("helo", { tls_version: "TLSv1.3" });
    await mta.helo("client.example");
    await mta.unknown("FOO");
    await mta.message(MESSAGE, {
      from: "s@example.org",
      fromArgs: ["SIZE=3"],
      to: ["a@example.net", "b@example.net"],
      macros: {
        mail: { mail_addr: "s@example.org" },
        rcpt: { rcpt_addr: "x" },
        data: { i: "Q1" },
        eom: { msg_id: "" },
      },
    });
    mta.macros("mail", { mail_addr: "t@example.org" });
    await mta.mail("t@example.org");
    mta.abort();
    mta.quit();
    await server.stop();
    assert.deepEqual(lines(), LINES);
  });
});

for (
  const [info, args] of [
    [{ hostname: "u", family: "unknown" }, '["75","55","",""]'],
    [{ hostname: "l", family: "unix", address: "/x/y" }, '["6c","4c","","2f782f79"]'],
    [{ hostname: "s", family: "inet6", port: 25, address: "IPv6:::1" }, '["73","36","3235","3a3a31"]'],
  ] as const
) {
  test(`a client of family ${info.family}`, async () => {
    await scripted(["macros j\n"], async ({ open, lines }) => {
      const mta = await open({ bare: true });
      await mta.connect(info);
      assert.equal(
        lines()[1],
        `{"f":"A","c":1,"m":0,"ev":"connect","args":${args},"mac":{},"ret":"continue"}`,
      );
    });
  });
}

test("connections are numbered, each filter has its log, and who says nothing leaves no line", async () => {
  await scripted(["", ""], async ({ open, server, lines, of }) => {
    const silent = connect(at(server.addresses, 0).slice("unix:".length));
    await until(() => of("connected").length === 1);
    silent.destroy();
    for (let c = 1; c <= 2; c++) {
      (await open({ bare: true })).quit();
      await until(() => server.connections === 0);
    }
    for (const [filter, f] of ["A", "B"].entries()) {
      const seen = lines(filter).map((line) => JSON.parse(line)).map((line) => [line.f, line.c, line.ev]);
      assert.deepEqual(seen, [1, 2].flatMap((c) => [[f, c, "negotiate"], [f, c, "close"]]));
    }
  });
});

for (
  const [offer, script, bits] of [
    [{}, "actions add-header\nprotocol nr-mail no-helo\n", "[511,2097151] [1,16386] [1,16386]"],
    // libmilter itself offers not to be answered
    [{ version: 2, protocol: 0x7f }, "protocol all\n", "[511,1044735] [511,2097151] [511,1044735]"],
    [{ actions: 0x3f }, "actions all\n", "[63,2097151] [511,0] [63,0]"],
    [{ protocol: 0x301fffff }, "", "[511,2097151] [511,0] [511,0]"],
  ] as const
) {
  test(`negotiation of ${JSON.stringify(offer)} with ${JSON.stringify(script)}`, async () => {
    await scripted([script], async ({ open, lines }) => {
      await open({ bare: true, offer });
      const { offered, wanted, got } = JSON.parse(at(lines(), 0));
      assert.equal([offered, wanted, got].map((each) => JSON.stringify(each)).join(" "), bits);
    });
  });
}
