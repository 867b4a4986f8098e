// Replies and commands of a Valkey server; tests/fuzz has the rest.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RespReader } from "../../lib/store/resp/reader.ts";
import { ErrorReply, RespFormatError, type RespReply } from "../../lib/store/resp/reply.ts";
import { encodeCommand } from "../../lib/store/resp/writer.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function read(text: string, max?: number): RespReply[] {
  const reader = new RespReader(max);
  reader.push(bytes(text));
  const replies: RespReply[] = [];
  for (let reply = reader.next(); reply !== undefined; reply = reader.next()) replies.push(reply);
  return replies;
}

describe("a reply", () => {
  test("is a text, a number, nothing, an error or a list", () => {
    assert.deepEqual(
      read(
        "+OK\r\n:-12\r\n:+7\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n*2\r\n:1\r\n*1\r\n$2\r\né\r\n-ERR no\r\n",
      ),
      ["OK", -12, 7, "a\r\nbc", "", null, null, [], [1, ["é"]], new ErrorReply("ERR no")],
    );
  });

  test("that is an error has a kind, also where a script of an old server failed", () => {
    const kinds = [
      "OOM command not allowed when used memory > 'maxmemory'.",
      "ERR Error running script (call to f_ab): @user_script: 8: -OOM command not allowed when used memory > 'maxmemory'.",
      "ERR Error running script (call to f_ab): @user_script:5: WRONGTYPE Operation against a key holding the wrong kind",
      "ERR unknown command: -X Y",
      "odd",
    ].map((text) => new ErrorReply(text).kind);
    assert.deepEqual(kinds, ["OOM", "OOM", "WRONGTYPE", "ERR", ""]);
  });

  const WRONG: readonly [what: string, text: string, code: string, says: RegExp][] = [
    ["of another protocol", "HTTP/1.1 400 Bad Request\r\n", "invalid-reply", /cannot begin with byte 72$/],
    ["without a whole line end", "+OK\rx", "invalid-reply", /a line does not end with CR LF$/],
    ["with a number that is none", ":1x\r\n", "invalid-reply", /a number is invalid$/],
    ["with a number that cannot be exact", ":9007199254740993\r\n", "invalid-reply", /a number is invalid$/],
    ["with no length", "$-2\r\n", "invalid-reply", /-2 is not a length$/],
    ["whose string is longer than announced", "$1\r\nabc", "invalid-reply", /a bulk string does not end/],
    ["of lists without end", "*1\r\n".repeat(9), "invalid-reply", /nested deeper than 8$/],
    ["that announces too much", "$8388609\r\n", "reply-too-long", /a reply of more than 8388608 bytes$/],
    ["that announces too many", "*4000000\r\n", "reply-too-long", /a reply of more than/],
    ["whose line never ends", `+${"x".repeat(20_000)}`, "reply-too-long", /a line of more than 16384 bytes$/],
  ];
  for (const [what, text, code, says] of WRONG) {
    test(`${what} is refused`, () => {
      assert.throws(() => read(text), (error) => {
        assert.ok(error instanceof RespFormatError);
        assert.equal(error.code, code);
        assert.match(error.message, says);
        assert.ok(error.value.length > 0 && error.value.length <= 40 && text.includes(error.value));
        return true;
      });
    });
  }

  test("is too long when all of its parts are together", () => {
    const item = `$20\r\n${"x".repeat(20)}\r\n`;
    assert.equal(read(`*3\r\n${item.repeat(3)}`.repeat(5), 100).length, 5);
    for (const text of [`*4\r\n${item.repeat(4)}`, `*20\r\n${":1000\r\n".repeat(20)}`]) {
      assert.throws(() => read(text, 100), /a reply of more than 100 bytes/);
    }
  });

  test("that comes byte by byte keeps only what is missing", () => {
    const reader = new RespReader();
    const text = "x".repeat(100_000);
    for (const byte of bytes(`$100000\r\n${text}\r\n`)) {
      assert.equal(reader.next(), undefined);
      reader.push(Uint8Array.of(byte));
    }
    assert.equal(reader.next(), text);
    assert.equal(reader.buffered, 0);
  });
});

test("a command says how long each word is in bytes", () => {
  assert.equal(
    encodeCommand(["SET", "a\0", "é€😀\ud800x"]),
    "*3\r\n$3\r\nSET\r\n$2\r\na\0\r\n$13\r\né€😀\ud800x\r\n",
  );
});
