// Wrong values of the options of size-limit.
import { one, type Row, testValues } from "./support.ts";

const SIZE_LIMIT: Row[] = [
  one("max", "25", "write 25MB, or 25B if you mean bytes", "25B", "25MB", "25 MB", "1000"),
  one("max", "1.5", "write 1.5MB", "1.5MB"),
  one("max", "1.5B", "bytes must be a whole number"),
  one("max", "025MB", "write 25MB, without the 0 in front"),
  one("max", "10,000", "write 10000", "10000"),
  one("max", "0x1000", "want a size, such as 25MB, 64KiB or 1000"),
  one("max-headers", "010", "write 10, without the 0 in front", "10"),
  one("max-headers", "1,000", "write 1000"),
  one("max-headers", "20000", "--limit-header-fields 10000 comes first; raise that, or lower this", "10000"),
  one("max-header-bytes", "5MB", "--limit-header-size 2MiB comes first; raise that, or lower this", "2MiB"),
  one("max-recipients", "10001", "--limit-recipients 10000 comes first; raise that, or lower this"),
  [
    [["max", "1MB"], ["max-header-bytes", "1MB"]],
    "it must be below --max 1MB, which counts the header too",
    [["max", "1MB"], ["max-header-bytes", "999kB"]],
  ],
  [
    [["max", "1MB"], ["action", "mark"], ["mark-header", "X-Size:"]],
    '"X-Size:" is not a header name: write X-Size',
    [["max", "1MB"], ["action", "mark"], ["mark-header", "X-Size"]],
  ],
  [
    [["max", "1MB"], ["action", "mark"], ["mark-header", "X-*"]],
    "* is not a wildcard here; want the whole name of a header field",
  ],
];

testValues({ name: "size-limit" }, SIZE_LIMIT);
