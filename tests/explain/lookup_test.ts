// Lookups of an explanation: all parts see the same answers, each question is asked once, and each part has its own list.
import assert from "node:assert/strict";
import { it } from "node:test";
import { Answers, NotingResolver } from "../../cli/explanation/lookup.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";

const RECORDS = 'a.example "one"\na.example MX 0 .\na.example MX 5 mx.a.example\n';

it("a question is asked once, whoever asks, and noted once by each", async () => {
  const asked: string[] = [];
  const answers = new Answers(parseRecordsFile(RECORDS), (type, name) => void asked.push(`${type} ${name}`));
  const [first, second] = [new NotingResolver(answers), new NotingResolver(answers)];
  await Promise.all([
    first.resolveTxt("a.example"),
    first.resolveTxt("a.example"),
    second.resolveTxt("A.example."),
  ]);
  await first.resolveMx("a.example");
  await first.resolveA("b.example");
  assert.deepEqual(asked, ["TXT a.example", "MX a.example", "A b.example"]);
  assert.deepEqual(first.lookups, [
    { type: "TXT", name: "a.example", status: "found", records: ["one"] },
    { type: "MX", name: "a.example", status: "found", records: ["0 .", "5 mx.a.example"] },
    { type: "A", name: "b.example", status: "nxdomain", records: [] },
  ]);
  assert.equal(second.lookups.length, 1);
});

it("who gives up gets no answer, and does not end the question for others", async () => {
  const answers = new Answers(parseRecordsFile(RECORDS));
  const [impatient, patient] = [new NotingResolver(answers), new NotingResolver(answers)];
  const given = AbortSignal.abort(new Error("time is up"));
  const [gone, found] = await Promise.allSettled([
    impatient.resolveTxt("a.example", given),
    patient.resolveTxt("a.example"),
  ]);
  assert.equal(gone.status, "rejected");
  assert.equal(found.status, "fulfilled");
});
