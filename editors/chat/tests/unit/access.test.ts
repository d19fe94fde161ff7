import { beforeEach, expect, test } from "vitest";
import { folderName, keepAccess, takeAccess } from "../../src/transport/access";

beforeEach(() => {
  sessionStorage.clear();
  history.replaceState(null, "", "/");
});

test("key and folder are taken out of the address and kept for a reload", () => {
  history.replaceState(null, "", "/#key=abc&folder=file%3A%2F%2F%2Fhome%2Fme%2Fa%2520b");
  const access = { key: "abc", folder: "file:///home/me/a%20b" };
  expect(takeAccess()).toEqual(access);
  expect(location.href).not.toContain("abc");
  expect(takeAccess()).toEqual(access);
});

test("another address counts more than what is kept", () => {
  keepAccess({ key: "old", folder: "file:///old" });
  history.replaceState(null, "", "/#key=new");
  expect(takeAccess()).toEqual({ key: "new" });
  expect(takeAccess()).toEqual({ key: "new" });
});

test.each(["", "not JSON", "7", "null"])("without a key there is none: %j", (stored) => {
  sessionStorage.setItem("weft.access", stored);
  expect(takeAccess().key).toBe("");
});

test("a folder is called by its last part", () => {
  expect(folderName("file:///home/me/a%20b")).toBe("a b");
  expect(folderName("file:///home/me/")).toBe("me");
  expect(folderName("file:///")).toBe("/");
});
