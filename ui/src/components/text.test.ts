import { expect, test } from "vitest";
import { bytes, csv, middle, splitPath, visible, withShortHash } from "./text";

test("hostile names are made visible and never turn the words around them", () => {
  expect(visible("inv\u202Efdp.exe\u001b[2J")).toBe("inv\\u{202e}fdp.exe\\u{1b}[2J");
  expect(visible("a\uEFFF")).toBe("a\\xFF");
  expect(visible("line\nbreak")).toBe("line\\u{a}break");
  expect(visible("Grüße 💾")).toBe("Grüße 💾");
});

test("a cell is never a formula, and quotes survive", () => {
  expect(csv([["=cmd()", 'a "b", c', "plain", "@x", "-1"]])).toBe(`'=cmd(),"a ""b"", c",plain,'@x,'-1`);
});

test("a long path loses its middle and keeps its name", () => {
  expect(middle("/very/long/folder/name/file.txt", 16)).toMatch(/^\/.*….*file\.txt$/);
  expect([...middle("💾".repeat(40), 10)]).toHaveLength(10);
  expect(splitPath("/tmp/.x/kswapd0")).toEqual({ folder: "/tmp/.x/", name: "kswapd0" });
  expect(splitPath("name")).toEqual({ folder: "", name: "name" });
});

test("sizes have units", () => {
  expect(bytes(1)).toBe("1 byte");
  expect(bytes(1234)).toBe("1.2 KB");
});

test("a hash beside a name is shortened, and nothing else is", () => {
  expect(withShortHash(`parcel (SHA-256 ${"ab".repeat(32)}) on shop`)).toBe("parcel (SHA-256 abababab…) on shop");
  expect(withShortHash(`/vault/${"ab".repeat(32)}`)).toBe(`/vault/${"ab".repeat(32)}`);
});
