// Archives that programs of others made, and what these list in them. Those of RAR are from the tests of rarfile,
// Copyright (c) 2005-2024 Marko Kreen, under the ISC licence (https://github.com/markokr/rarfile).
import { Buffer } from "node:buffer";

export interface OthersArchive {
  readonly name: string;
  /** The program and its options. */
  readonly madeBy: string;
  readonly bytes: Uint8Array;
  /** Files by their paths, and with `! ` problems. */
  readonly listed: readonly string[];
}

const archive = (
  name: string,
  madeBy: string,
  base64: string,
  ...listed: readonly string[]
): OthersArchive => ({
  name,
  madeBy,
  bytes: Buffer.from(base64, "base64"),
  listed,
});

export const OTHERS_ARCHIVES: readonly OthersArchive[] = [
  archive(
    "plain.7z",
    "7-Zip 22.01, directory packed by LZMA",
    "N3q8ryccAATVRviYTQEAAAAAAAAiAAAAAAAAAL4Wm+rgADEALl0ANBlJ7o3dAq2UnStIPWM8fz9SwJrlRn++I100W5C+FZcU" +
      "OIdywps8wy425gXqLwAAAIEzB64P0VujJKCQoHdexUAYjbSpR7/XnEgSrrgUpvlnop4sluu8ajqc8FLp4RrWAZDF0uPJjBAN" +
      "Squ42uN5qoPk5svqjC4XP38Bcu0YT71poes8tuY1OXjxD1AUiW2bSYpnpbnl3yrDfL4WsIl3d3X6CAW7gH749feX+o82d3GJ" +
      "T8/Q3+teOaTLDF+B3gYMGZRirhj6rXGYpzlUB0l5SpDrcnYvOCtQu/hxh9GUp9bMxPDAhtoLPcdexDM6sNRDgWI7NNb11m23" +
      "S6pWaujTPByFLuhIF9vyLT/WmivF+ZGKp8sOis2GQR9+sDcx5ZtRWYDFQf5epHgNuCyCN5gQHkE+fRpkGzo8L29+OpgkxDIA" +
      "ZrgAAAAXBjYBCYEXAAcLAQABIwMBAQVdABAAAAyD2goByiSsSQAA",
    "empty.txt",
    "readme.txt",
    "sub/file-number-1.txt",
    "sub/file-number-10.txt",
    "sub/file-number-11.txt",
    "sub/file-number-12.txt",
    "sub/file-number-2.txt",
    "sub/file-number-3.txt",
    "sub/file-number-4.txt",
    "sub/file-number-5.txt",
    "sub/file-number-6.txt",
    "sub/file-number-7.txt",
    "sub/file-number-8.txt",
    "sub/file-number-9.txt",
    "sub/naïve 日本.txt",
    "tool.exe",
  ),
  archive(
    "unpacked-directory.7z",
    "7-Zip -mhc=off",
    "N3q8ryccAASTcBMvGQAAAAAAAAB+AAAAAAAAAOqnH/oBABRoZWxsbwpNWpAAAwAAAHByb2dyYW0AAQQGAAEJGQAHCwEAASEh" +
      "AQAMFQAIDQIJBgoBIDA6NqZWFJYAAAUCGQQAAAAAESkAcgBlAGEAZABtAGUALgB0AHgAdAAAAHQAbwBvAGwALgBlAHgAZQAA" +
      "ABkCAAAUEgEATg5qBrCA3QFODmoGsIDdARUKAQAggKSBIICkgQAA",
    "readme.txt",
    "tool.exe",
  ),
  archive(
    "encrypted.7z",
    "7-Zip -psecret",
    "N3q8ryccAATO+un3pAAAAAAAAAAiAAAAAAAAAAOZAfGKz+A/HxYmSE67u5Z01MYLtKzJz857wtTVyuaNCKjIaQAAgTMHrg/Q" +
      "DrA8nzkQnJ+m1TPasi6wu0RgFKTwUg/vZT+AQII+tlv0obrsyr0WXwLxCX/t3CxQPnSUHNilrhjJMruM9WnkzbJBKoNxKG7I" +
      "c04OR2J+A/Uvt2KoBCGFcEks+8syVQWX2Z+1NokBhYqRcEd3g90VuWcipMfKE5nQCUAAABcGIAEJgIQABwsBAAEjAwEBBV0A" +
      "EAAADICeCgEnJVP2AAA=",
    "! readme.txt is encrypted",
    "readme.txt",
    "tool.exe",
  ),
  archive(
    "encrypted-names.7z",
    "7-Zip -psecret -mhe=on",
    "N3q8ryccAARcTD8xkAAAAAAAAAAvAAAAAAAAAPRwUo7ECuqtzAy2p6isMNU72PqpcuOCsF3vSb7nB3Mpd7a/MqB4ozPREj//" +
      "RrvLsI+j2SzncFmE2EQy29NB9eWyhfJGH35i+EqsHR0nb9njhGxIPtw1Po5uck7yA8HkMDA1vSEsMNQ6b8g50KjdB7umAmTk" +
      "ALNQli4lPtciSZriSWsllDDC5S9MTIkeo0ZSyEGctzIXBhABCYCAAAcLAQABJAbxBwESUw94HCRFgy023nI30rm38aVzDHIK" +
      "AYj7yuIAAA==",
    "! is encrypted",
  ),
  archive(
    "streamed.zip",
    "Info-ZIP zip -fd: sizes behind the files",
    "UEsDBBQACAAIACBOfl0AAAAAAAAAAAYAAAAKABwAcmVhZG1lLnR4dFVUCQADjEYNa4xGDWt1eAsAAQQAAAAABAAAAADLSM3J" +
      "yecCAFBLBwggMDo2CAAAAAYAAABQSwMEFAAIAAgAIE5+XQAAAAAAAAAADwAAAAgAHAB0b29sLmV4ZVVUCQADjEYNa4xGDWt1" +
      "eAsAAQQAAAAABAAAAADzjZrAwMzAwFBQlJ9elJgLAFBLBwimVhSWEQAAAA8AAABQSwECHgMUAAgACAAgTn5dIDA6NggAAAAG" +
      "AAAACgAYAAAAAAABAAAApIEAAAAAcmVhZG1lLnR4dFVUBQADjEYNa3V4CwABBAAAAAAEAAAAAFBLAQIeAxQACAAIACBOfl2m" +
      "VhSWEQAAAA8AAAAIABgAAAAAAAAAAACkgVwAAAB0b29sLmV4ZVVUBQADjEYNa3V4CwABBAAAAAAEAAAAAFBLBQYAAAAAAgAC" +
      "AJ4AAAC/AAAAAAA=",
    "readme.txt",
    "tool.exe",
  ),
  archive(
    "encrypted.zip",
    "Info-ZIP zip -P",
    "UEsDBAoACQAAACBOfl0gMDo2EgAAAAYAAAAKABwAcmVhZG1lLnR4dFVUCQADjEYNa4xGDWt1eAsAAQQAAAAABAAAAADnaLEJ" +
      "kD9StIAVIbuBkjShZfhQSwcIIDA6NhIAAAAGAAAAUEsBAh4DCgAJAAAAIE5+XSAwOjYSAAAABgAAAAoAGAAAAAAAAQAAAKSB" +
      "AAAAAHJlYWRtZS50eHRVVAUAA4xGDWt1eAsAAQQAAAAABAAAAABQSwUGAAAAAAEAAQBQAAAAZgAAAAAA",
    "! readme.txt is encrypted",
    "readme.txt",
  ),
  archive(
    "zip64.zip",
    "Python zipfile, with an end record of 64 bits",
    "UEsDBC0AAAAAAAAAIQB3R9+O//////////8KABQAcmVhZG1lLnR4dAEAEAAKAAAAAAAAAAoAAAAAAAAAeHh4eHh4eHh4eFBL" +
      "AwQUAAAAAAAhTn5d0fUITwwAAAAMAAAACAAAAHRvb2wuZXhlTVoAAAAAAAAAAAAAUEsBAi0DLQAAAAAAAAAhAHdH344KAAAA" +
      "CgAAAAoAAAAAAAAAAAAAAIABAAAAAHJlYWRtZS50eHRQSwECFAMUAAAAAAAhTn5d0fUITwwAAAAMAAAACAAAAAAAAAAAAAAA" +
      "gAFGAAAAdG9vbC5leGVQSwYGLAAAAAAAAAAtAC0AAAAAAAAAAAACAAAAAAAAAAIAAAAAAAAAbgAAAAAAAAB4AAAAAAAAAFBL" +
      "BgcAAAAA5gAAAAAAAAABAAAAUEsFBgAAAAACAAIAbgAAAHgAAAAAAA==",
    "readme.txt",
    "tool.exe",
  ),
  archive(
    "gnu.tar.gz",
    "GNU tar, a long name",
    "H4sIAAAAAAACA+3TMQ6CQBCF4Um8yJ4AdpgFWw+AF7CjIMQYWbNi4jE8soTCwkIqjJj/a95mZrrNy/Is39Wx7+pjf5Jl+FEV" +
      "wpSj9/SF2es9zVUrr+Jq+YLbdWiSc5JiHD7dze1Xqv9JWXtvBX/y/3P997oVLc1bEazQSryVGkycp/+L2x8eshnzkmKXmjOF" +
      "AAAAAAAAAAAAAAAAWJknqUSs3gAoAAA=",
    "content",
    "content > " + "n".repeat(150) + ".exe",
  ),
  archive(
    "pax.tar.gz",
    "GNU tar --format=pax",
    "H4sIAAAAAAACA+3TMY7CMBAF0JHo9hQ5QZjxeCehoKdBoqazwNrdIgSZIOUYHBkjuiCgIlrEf42LP5Zs2b+crkK/iGEb02G6" +
      "ew3OzHviq+HKWhnJt7I6r06MWJW9UdHTCI6HLqR8FPpMYr7Yh+53vvuXytjHL+Wi6f6aOJdqZvmXiHelq8RmbFpf0nCT1moi" +
      "UrtLurm/lz7eGI/4rP8s1aD/eVqp4DH7n9q2ezT3LB9e7k0s1yea5HWf2p8UGhQCAAAAAAAAAAAAAAAAAAAA4M2cAWPZA5IA" +
      "KAAA",
    "content",
    "content > " + "n".repeat(150) + ".exe",
  ),
  archive(
    "files.cab",
    "gcab",
    "TVNDRgAAAAB9AAAAAAAAACwAAAAAAAAAAwEBAAIAAAAAAAAAYAAAAAEAAAAGAAAAAAAAAAAAfl0gTiAAcmVhZG1lLnR4dAAP" +
      "AAAABgAAAAAAfl0gTiAAdG9vbC5leGUAgAg1JRUAFQBoZWxsbwpNWpAAAwAAAHByb2dyYW0=",
    "readme.txt",
    "tool.exe",
  ),
  archive(
    "names.rar",
    "RAR 3",
    "UmFyIRoHAM+QcwAADQAAAAAAAADiw3QgkDcABgAAAAYAAAADx6QEyTao9FAdMBIApIEAAHN1YlxkaXIyXGZpbGUyLnR4dACw" +
      "fLUwZmlsZTIK+lF0IJA/AAgAAAAIAAAAA30kt3FIqPRQHTAaAKSBAABzdWJcd2l0aCBzcGFjZVxsb25nIGZuLnR4dADwCEdM" +
      "bG9uZyBmbgojwXQgklcABQAAAAUAAAADwYnsL+Co9FAdMDIApIEAAHN1YlzDvMi1xKnDtuG4i8OoXGZpbGUudHh0AALGAvw1" +
      "KQEg9gse6FwAZmlsZQAudHh0ALByoRVmaWxlChRcdCCQNwAGAAAABgAAAAME9yniMKj0UB0wEgCkgQAAc3ViXGRpcjFcZmls" +
      "ZTEudHh0APAChIVmaWxlMQrRdXTgkC0AAAAAAAAAAAADAAAAADao9FAUMAgA7UEAAHN1YlxkaXIyALB/JjP75XTgkDMAAAAA" +
      "AAAAAAADAAAAAEio9FAUMA4A7UEAAHN1Ylx3aXRoIHNwYWNlAPDLG06903TgkC4AAAAAAAAAAAADAAAAACSo9FAUMAkA7UEA" +
      "AHN1YlxlbXB0eQDwcNkb8Ed04JJDAAAAAAAAAAAAAwAAAADgqPRQFDAeAO1BAABzdWJcw7zItcSpw7bhuIvDqAACxgL8NSkB" +
      "IPYLHugAsDR2F89rdOCQLQAAAAAAAAAAAAMAAAAAMKj0UBQwCADtQQAAc3ViXGRpcjEA8MVYh6xSdOCQKAAAAAAAAAAAAAMA" +
      "AAAA1aj0UBQwAwDtQQAAc3ViALAO1STEPXsAQAcA",
    "sub/dir2/file2.txt",
    "sub/with space/long fn.txt",
    "sub/üȵĩöḋè/file.txt",
    "sub/dir1/file1.txt",
  ),
  archive(
    "encrypted.rar",
    "RAR 3 -p",
    "UmFyIRoHAM+QcwAADQAAAAAAAADSmXoAgCMAFgAAAAsAAAADvFDsdQAAAAAdMwMAAAAAAENNVAwAi+zL9lbBSCmPAOW/5v/w" +
      "0Gtqdnpt1nQklDMAEAAAAAAAAAADAAAAAGxQYj0dMwkApIEAAGZpbGUxLnR4dLMOLwEQH2W9AMDh8N4nMZ14bG1Nam0XgByn" +
      "QZl6EIAjABYAAAALAAAAA0g/bxAAAAAAHTMDAAAAAIBDTVQMAIvsy/Y2kFYseA8mb83/7NSLl8K9FLx0JJQzABAAAAAAAAAA" +
      "AwAAAABsUGI9HTMJAKSBAABmaWxlMi50eHSzDi8BEB9lvQDA4fDeJzGdeGxtTWptF4Acp3ygehCAIwAWAAAACwAAAAOmkNoC" +
      "AAAAAB0zAwAAAACAQ01UEBDL7Inkc0FIsM/ZJxfi/uuBj1cq9MQ9ewBABwA=",
    "! file1.txt is encrypted",
    "file1.txt",
    "file2.txt",
  ),
  archive(
    "encrypted-names.rar",
    "RAR 3 -hp",
    "UmFyIRoHAM6Zc4AADQAAAAAAAACY1Tq5m8CEetYBvlQkcAN6cyEpKUCXohc1cprF8D3HQC5hCrn2MVuFgqTv/LM+JOWSkOKB" +
      "JtX2wmRB7i77ioOPQi4iqlBdTFwQcuX7mT93DVrpSjrY7wkbmNU6uZvAhHrgk6bgBhhZgRckD0gYRCZWzW3Il1n5yk+V/eyF" +
      "QeD/gRUK0PH1FYhqgwo0Dt/+cVtpBmRzjL/o9eJZbr4WjZ26d1KB1TV7gf0yMPF0Xp0orZjVOrmbwIR6dIy81NU11D/kThYd" +
      "YR8m0/Q0386INhTRDFu591U24qTRWsmoeCTTV7Pbytd0QmK/KTvemhS0e7+CD3hh8RGhLlmOAwyqyYLM0lkh0Q0nU8mY1Tq5" +
      "m8CEeiFJy/Kkf8qh7lpaFqOduVm4qHdRd4RikUFNk+MW3RDETPeZFQgxvtea461h2iBZTsc5KJPBOCQP5YLdUag94813UoHV" +
      "NXuB/TIw8XRenSitmNU6uZvAhHr+K+c+7BoP0loh9TTiLQXDBNQmWBgpFMkwbcxZPeTL7ukZoSK0czQe+YMmTw3TTWZnvwax" +
      "5cWy7HR9RC6q8ilw79Adzh03/BChsuTURg7LHJjVOrmbwIR6Lp7OhWfY9IXm3WrcZPa2fA==",
    "! is encrypted",
  ),
  archive(
    "names5.rar",
    "RAR 5",
    "UmFyIRoHAQDz4YLrCwEFBwAGAQGAgIAAWyrxsjACAwuGAASGAKSDAsekBMmAAAESc3ViL2RpcjIvZmlsZTIudHh0CgMTCNwV" +
      "X4XkBhNmaWxlMgokNHkgOAIDC4gABIgApIMCfSS3cYAAARpzdWIvd2l0aCBzcGFjZS9sb25nIGZuLnR4dAoDEyncFV9mv8sd" +
      "bG9uZyBmbgoOjzxzOAIDC4UABIUApIMCwYnsL4AAARpzdWIvw7zItcSpw7bhuIvDqC9maWxlLnR4dAoDE0TdFV+dEHMIZmls" +
      "ZQqvrxG4MAIDC4YABIYApIMCBPcp4oAAARJzdWIvZGlyMS9maWxlMS50eHQKAxP92xVfHJEnNGZpbGUxCtVl6Z4kAgMLAAUA" +
      "7YMBAAAAAIAAAQhzdWIvZGlyMgoDEwjcFV/ICfsT1nxQqSoCAwsABQDtgwEAAAAAgAABDnN1Yi93aXRoIHNwYWNlCgMTKdwV" +
      "X1vbgh6UOOweJQIDCwAFAO2DAQAAAACAAAEJc3ViL2VtcHR5CgMT5dsVX/bv4ArIG6fPLQIDCwAFAO2DAQAAAACAAAERc3Vi" +
      "L8O8yLXEqcO24biLw6gKAxNE3RVfmSwqCYEdQEkkAgMLAAUA7YMBAAAAAIAAAQhzdWIvZGlyMQoDE/3bFV8Nrd40msCgER8C" +
      "AwsABQDtgwEAAAAAgAABA3N1YgoDEzLdFV+8OWMOHXdWUQMFBAA=",
    "sub/dir2/file2.txt",
    "sub/with space/long fn.txt",
    "sub/üȵĩöḋè/file.txt",
    "sub/dir1/file1.txt",
  ),
  archive(
    "encrypted5.rar",
    "RAR 5 -p, its first file",
    "UmFyIRoHAQDz4YLrCwEFBwAGAQGAgIAA1maebhMDAp8ABJ8AACJDfqmAAAEDQ01UUkFSNSBhcmNoaXZlIC0gbm9oZHItcGFz" +
      "c3dvcmQKAJib2Y5ZAgM8wAAEgBCkgwLq7ii6gAMBCnN0ZXN0MS50eHQwAQADD36YLN0a4hw2x6OR2o0IimigOq0m9IJ7h9VM" +
      "clznO2lngVHP9jZJwW4YaiIPCgMCgMwgl+YozAFvXOSKu4lkW22a9BUVMg/KTEgfLmj8fkUbh1+PPsmRIRwPkcBeDl2ssikA" +
      "olPsTaFiZXO/K9VBSFSBmxJSN991gzr80GkCA0yAEASAEKSDAuruKLqAAAEKc3Rlc3QyLnR4dDABAAMPfpgs3RriHDbHo5Ha" +
      "jQiKaN+D+gzYboi4tvhRRn15SdKBUc/2NknBbhhqIg8aAw6AzCCX5ijMAYAW4xIKtNEBgHBFFQq00QFJ0Rg4cbziZUNXpSVo" +
      "dpqNzcGF0zApOoi/Z5yIDtqpYBOczY75rzda9tBj5Od7CS8YnvyhckMbjxGbfkhAf1GRHQwF0y9hsZFUbS8EHWH+5o7FCxNw" +
      "CK92rTKdNZuqGodC3zEs9e0p2yrfgMQKXLwS7ZkG+YMxbzwlfYN6vXc1Z4yFdcxDDnmeyIHG7JNoxlawEtgiQfDFhMbAysxI" +
      "ayz63U+peiDhZqsSjG8D/CRYIuACxZdPD9/h4teHcvCHfdwGm8em2c1w+kHIB/iwwTlbijb7yOxf9yRBkQoFh5aIu3NCObwS" +
      "cRaTN2Gut668RyCCDtfnBgvxekMV37ehVaekm5v/HyCIxXS2Y3vRbSDSKxgTA1HFZwxORH8OSJF0wank9IRhcdXr9PmEUn7l" +
      "u4LID1rXyx5EbBaFyR7ngT9AkgQx7cwt2yFJKgx8y1Z9/3vXNNKDQmBdZxD6G+JD+oycEbitAFp6rZMxD5zAyaQSCTmDYOoH" +
      "6Lfx+V5jsxINOndMhvJCBeYmJx5PlGXaThkhEIYKuV3zi2qLG1jT5cZ7KfjA7iPTiWo7o/Fx1p0QmuXRelJtvYhUXanI9F+7" +
      "O3Nu47ZSqrYNqRuNAIDDiI50kGR4O2cSU7ea/PZ8qiHRgR53QL3gs+jgL78ELlJTuQQjRP3P7rekaqNwIE21YacQ79V9xTnt" +
      "LUq0s+BAnCVV8t6GpmhqWCqvAdSb/Fdu0ot8pHQZ1wmbK5khx7RvaSyq/Ct5UTutp+QLVckbf0ZQ1Bm1wmo5rav72fL0cypx" +
      "wmSi1fpQwgZ97fKvCZ5b7umuE6a7Bh7i1KBp6bPdy8n4nWfDoWPyJlNbNiaJBHrVX6YniBDgb3WMswOKxLRRAu1yhRaaWlPW" +
      "UN1EL3MrnmatY9BHskzD/lP66MhOgZnLbCGOKf8e1PGqsrb+QbJEbLpq0MmFPCSxT+GDnM7XLEmJguKZBfovXcMYtjJPwg0R" +
      "7Yq1CASsVf/c339fal72x8k2Bgjy/M5zwiMjq7CxjDFVePxHQh7a2pbr1LpeDRR1jhCTizLPhebjUMOnDKUr2zODHLMJrUkx" +
      "Da3QN1d9UIgDKoMr3kVTB+SWgDhOVHAM0WMX1XSxojDgIr2vRAr4wdKSZ7y7UnCHBSR9HRekf5KlshYMmKLwrYCCR6UJYpcy" +
      "h/hsel0jDQgedzUWPbDcAPC+BCknbd7OZDUP95q9LgQhJ3QInJNTNrvpXyakWiKnX/YLWKukxe+zNLaYIJQ6xBABFI0LqsLa" +
      "4S7KCWBcgT4mgt7rOUEeTvkOxk8oEJN8ViA436kZR0YsRR3CRTcYCHxkO2nZNOvon9o/j3kf27DwAjXDWRIrEW23UL6Hk35Z" +
      "1kX/zPVzwhEE3Rj4xixro2xexLA2gGGopH2hgOK3yOc=",
    "! stest1.txt is encrypted",
    "stest1.txt",
    "stest2.txt",
    "! is cut off",
  ),
  archive(
    "encrypted-names5.rar",
    "RAR 5 -hp, its beginning",
    "UmFyIRoHAQCv9WlFIQQAAAEPp5jL+1yF6lQKQtTUwocnkB0ppI/CHmPqSl9A01xS1RtNzie6O2Pyqrkm9CHVoC+wFESN1iDK" +
      "e692E7oj/tITADp6Bq7WC7/KBLRbqzL3WKAEY/+0n1Vq45qZf/Krrq54+XUHy8/0",
    "! is encrypted",
  ),
];
