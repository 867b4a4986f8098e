import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderField, type Modification, type MtaClient } from "../../mod.ts";
import { toBytes } from "../../lib/message/text.ts";
import { at } from "../support/present.ts";
import { fromBytes } from "../support/scripted/bytes.ts";
import { scripted } from "./support.ts";

const MESSAGE = toBytes("Subject: hi\r\nX-A: 1\r\nX-A: 2\r\n\r\nbody\r\n");
const ENVELOPE = { from: "s@example.org", to: ["r@example.net"] };

/** Sends the message, and gives the changes that were asked for. */
async function modifications(mta: MtaClient): Promise<string[]> {
  return (await mta.message(MESSAGE, ENVELOPE)).answer.modifications.map(asText);
}

function asText(change: Modification): string {
  switch (change.type) {
    case "addHeader":
      return `add ${fromBytes(change.name)}:${fromBytes(change.value)}`;
    case "insertHeader":
    case "changeHeader":
      return `${change.type.replace("Header", "")} ${change.index} ${fromBytes(change.name)}:${
        fromBytes(change.value)
      }`;
    case "replaceBody":
      return `body ${fromBytes(change.chunk)}`;
    case "quarantine":
      return `hold ${change.reason}`;
    default:
      return `${change.type} ${change.address}${"args" in change ? ` ${change.args}` : ""}`;
  }
}

test("rules are examined in order, a verdict ends the callback, and without one the answer is continue", async () => {
  const script =
    "on mail msg=2 do reject\non mail do progress\non rcpt n=2 do tempfail\non rcpt do progress\n";
  await scripted([script], async ({ open, summary }) => {
    const mta = await open();
    assert.equal((await mta.mail("a")).verdict, "continue");
    assert.equal((await mta.rcpt("b")).verdict, "continue");
    assert.equal((await mta.rcpt("c")).verdict, "tempfail");
    mta.abort();
    assert.equal((await mta.mail("d")).verdict, "reject");
    assert.deepEqual(summary().slice(3), [
      "mail <a> | progress=0 | continue",
      "rcpt <b> | progress=0 | continue",
      "rcpt <c> | tempfail",
      "abort | continue",
      "mail <d> | reject",
    ]);
  });
});

test("the script is read anew for each connection", async () => {
  await scripted(["on helo do reject\n"], async ({ open, rewrite, summary }) => {
    await open();
    rewrite("on helo do tempfail\n");
    await open();
    assert.deepEqual(summary().filter((line) => line.startsWith("helo")), [
      "helo client.example | reject",
      "helo client.example | tempfail",
    ]);
  });
});

test("a reply waits for the verdict that it fits, and is given once", async () => {
  const script = 'on mail do setreply 550 5.7.1 "no %{msg}"\non mail msg=1 do tempfail\non rcpt do reject\n' +
    "on mail do setreply 5 5 5\n";
  await scripted([script], async ({ open, summary }) => {
    const mta = await open();
    assert.equal((await mta.mail("a")).verdict, "tempfail");
    assert.equal((await mta.mail("b")).verdict, "continue");
    const { reply } = await mta.rcpt("c");
    assert.deepEqual(reply, { code: 550, enhanced: "5.7.1", lines: ["no 2"] });
    assert.equal((await mta.rcpt("d")).verdict, "reject");
    assert.deepEqual(summary().slice(3, 5), [
      "mail <a> | setreply=0 | tempfail",
      "mail <b> | setreply=0 | setreply=-1 | continue",
    ]);
  });
});

test("flags leave events out, and replies: then a verdict is not given and the reply is kept", async () => {
  const script = "protocol no-helo no-rcpt no-headers no-eoh no-unknown nr-mail nr-body nr-data\n" +
    "on mail do setreply 554 5.7.0 kept\non mail do reject\non body do discard\non eom do reject\n";
  await scripted([script], async ({ open, summary }) => {
    const mta = await open();
    await mta.unknown("FOO");
    const { event, answer } = await mta.message(MESSAGE, ENVELOPE);
    assert.deepEqual([event, answer.reply?.lines], ["eom", ["kept"]]);
    assert.deepEqual(summary().slice(2), [
      "mail <s@example.org> | setreply=0 | noreply",
      "data | noreply",
      "body body\r\n | noreply",
      "eom | reject",
    ]);
  });
});

test("a flag that keeps from answering holds with an MTA that wants an answer, too", async () => {
  await scripted(["protocol nr-mail\non mail do reject\n"], async ({ open, summary }) => {
    const mta = await open({ offer: { version: 4, protocol: 0x37f } });
    assert.equal((await mta.mail("a")).verdict, "continue");
    assert.equal(summary().at(-1), "mail <a> | noreply");
  });
});

test("changes are made at end of message, and refused elsewhere or where they were not negotiated", async () => {
  const script = "actions add-header change-body add-rcpt del-rcpt change-from add-rcpt-par quarantine\n" +
    "on mail do addheader X y\n" +
    "on eom do addheader X-New %{hdr:x-a}\non eom do insheader 0 X-Top t\non eom do chgheader X-A 1 q\n" +
    'on eom do addheader "" v\non eom do addheader X\non eom do insheader -1 X v\non eom do addheader "A B" v\n' +
    'on eom do chgfrom n@example.org RET=HDRS\non eom do chgfrom ""\n' +
    "on eom do addrcpt x@example.net\non eom do addrcptpar y@example.net NOTIFY=NEVER\non eom do delrcpt r@example.net\n" +
    'on eom do replacebody "a\\0\\r\\n"\non eom do replacebodyrep 2 b\non eom do quarantine odd\non eom do quarantine ""\n';
  await scripted([script], async ({ open, summary, warnings }) => {
    const mta = await open();
    assert.deepEqual((await modifications(mta)).sort(), [
      "add X-New: 1",
      "addRcpt <x@example.net>",
      "addRcpt <y@example.net> NOTIFY=NEVER",
      "body a\0\r\nbb",
      "changeFrom <n@example.org> RET=HDRS",
      "deleteRcpt <r@example.net>",
      "hold odd",
      "insert 0 X-Top: t",
    ]);
    assert.equal(summary()[3], "mail <s@example.org> | addheader=-1 | continue");
    assert.equal(
      summary().at(-1),
      "eom | addheader=0 | insheader=0 | chgheader=-1 | addheader=-1 | addheader=-1 | insheader=-1 | addheader=-1 | " +
        "chgfrom=0 | chgfrom=-1 | addrcpt=0 | addrcptpar=0 | delrcpt=0 | replacebody=0 | replacebodyrep=0 | " +
        "quarantine=0 | quarantine=-1 | continue",
    );
    assert.deepEqual(warnings, []);
  });
});

test("fields are changed by name and number, as the MTA counts them", async () => {
  const script = "on eom do delheader X-A 1\non eom do chgheader X-A 1 new\n";
  await scripted([script], async ({ open }) => {
    assert.deepEqual(await modifications(await open()), ["change 1 X-A: new"]);
    const postfix = await open({ bare: true });
    postfix.macros("connect", { v: "Postfix 3.7.11" });
    await postfix.connect({ hostname: "h", family: "unknown" });
    assert.deepEqual(await modifications(postfix), ["change 2 X-A: new", "change 1 X-A:"]);
  });
  await scripted([script], async ({ open }) => {
    assert.deepEqual(await modifications(await open()), ["change 2 X-A: new", "change 1 X-A:"]);
  }, "postfix");
});

test("header values are without their leading space, or with it, in both directions", async () => {
  const script = "on eom do addheader X-B v\n";
  await scripted([script, `protocol hdr-leadspc\n${script}`], async ({ open, summary }) => {
    const mta = await open();
    await mta.mail("a");
    await mta.header(HeaderField.of("X-A", "  v", true));
    const { modifications } = await mta.eom();
    assert.deepEqual(modifications.map(asText), ["add X-B: v", "add X-B:v"]);
    assert.deepEqual(summary(0).at(-2), "header X-A  v | continue");
    assert.deepEqual(summary(1).slice(-4), [
      "header X-A   v | continue",
      "header X-B  v | continue",
      "eoh | continue",
      "eom | addheader=0 | continue",
    ]);
  });
});

test("skip is given at the body, negotiated or not, and nowhere else", async () => {
  for (const protocol of ["protocol skip\n", ""]) {
    await scripted([`${protocol}on data do skip\non body do skip\n`], async ({ open, summary }) => {
      const mta = await open();
      await mta.mail("a");
      assert.equal((await mta.data()).verdict, "continue");
      assert.equal((await mta.body(MESSAGE)).verdict, "skip");
      assert.deepEqual(summary().slice(-2).map((line) => line.split(" | ")[1]), ["skip", "skip"]);
    });
  }
});

test("discard before there is a message is what the MTA makes of it", async () => {
  for (const [mta, verdict] of [["postfix", "continue"], ["sendmail", "accept"]] as const) {
    await scripted(["on connect do discard\n"], async ({ open, summary }) => {
      const client = await open({ bare: true });
      assert.equal((await client.connect({ hostname: "h", family: "unknown" })).verdict, verdict);
      assert.match(at(summary(), 1), /^connect h U.*discard$/);
    }, mta);
  }
});

test("sleep puts the answer off; the rules behind it are examined afterwards", async () => {
  const script = "on mail do sleep 30\non mail do reject\non abort do sleep 1\n";
  await scripted([script], async ({ open, summary }) => {
    const mta = await open();
    assert.equal((await mta.mail("a")).verdict, "reject");
    assert.equal(summary().at(-1), "mail <a> | sleep=0 | reject");
  });
});

test("an action that is not known is said and gone past", async () => {
  await scripted(["on mail do frobnicate x\n"], async ({ open, summary, warnings }) => {
    await (await open()).mail("a");
    assert.equal(summary().at(-1), "mail <a> | frobnicate=-99 | continue");
    assert.deepEqual(warnings, ["unknown action frobnicate"]);
  });
});

test("macros are asked for as the script says, beside what tells the MTAs apart", async () => {
  const script = 'symlist connect j\nsymlist mail "i {mail_addr}"\n';
  await scripted([script], async ({ open, lines }) => {
    const mta = await open({ bare: true });
    assert.deepEqual(JSON.parse(at(lines(), 0)).ops, [["setsymlist", 0], ["setsymlist", 0]]);
    const lists = mta.terms.lists.map(({ stage, names }) => `${stage} ${fromBytes(names)}`);
    assert.match(lists.join("\n"), /^0 (?=.*\bj\b).*\bv\b.*\n2 .*\{mail_addr\}/);
    mta.macros("connect", { j: "mx.example", v: "Postfix" });
    await mta.connect({ hostname: "h", family: "unknown" });
    assert.deepEqual(Object.keys(JSON.parse(at(lines(), 1)).mac), ["j"]);
  });
});
