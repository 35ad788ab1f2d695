import { expect, test } from "vitest";
import { compare, readChanged } from "./stale";

const [a, b] = ["a".repeat(64), "b".repeat(64)];

/** M151 */
test("what differs is said in words, without numbers that only a disk knows", () => {
  expect(compare({ was: `file 65024:12 with SHA-256 ${a}`, now: `file 65024:12 with SHA-256 ${b}` })).toEqual({
    was: { text: "The file that was judged", sha256: a }, now: { text: "The same file with other content", sha256: b },
  });
  expect(compare({ was: `file 65024:12 with SHA-256 ${a}`, now: "file 65024:99 with 1250 bytes" }).now).toEqual({ text: "Another file, put in its place, 1,250 bytes long", sha256: undefined });
  expect(compare({ was: `file 65024:12 with SHA-256 ${a}`, now: `file 65024:99 with SHA-256 ${a}` }).now.text).toBe("Another file with the same content, put in its place");
});

test("a dry run that says so in one sentence is read back into both sides", () => {
  expect(readChanged("It was file 1:2 with SHA-256 x and is now gone.")).toEqual({ was: "file 1:2 with SHA-256 x", now: "gone" });
  expect(readChanged("The disk is full.")).toBeUndefined();
});

test("what is no file is shown as the device said it", () => {
  expect(compare({ was: "a process running a program with SHA-256 x", now: "it runs one with SHA-256 y" })).toEqual({
    was: { text: "A process running a program with SHA-256 x", sha256: undefined }, now: { text: "It runs one with SHA-256 y", sha256: undefined },
  });
  expect(compare({ was: `file 1:2 with SHA-256 ${a}`, now: "/etc/x is a folder" })).toEqual({
    was: { text: "The file that was judged", sha256: a }, now: { text: "/etc/x is a folder", sha256: undefined },
  });
});
