//! What `weft ui` hands over in the address: the key of the server, and the folder that questions are about. Both stay
//! in this tab, so that a reload needs no new address; they are taken out of the address at once.

const STORED = "weft.access";

export interface Access {
  key: string;
  /** A `file:` address; none where the page was opened without one. */
  folder?: string;
}

export function takeAccess(): Access {
  const given = new URLSearchParams(location.hash.slice(1));
  const key = given.get("key");
  if (key === null) return stored();
  const folder = given.get("folder");
  const access = { key, ...(folder && { folder }) };
  history.replaceState(null, "", location.pathname + location.search);
  keepAccess(access);
  return access;
}

export function keepAccess(access: Access): void {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(access));
  } catch {
    // A browser that keeps nothing asks again after a reload.
  }
}

function stored(): Access {
  try {
    const value = JSON.parse(sessionStorage.getItem(STORED) ?? "{}") as Partial<Access>;
    return { ...value, key: value.key ?? "" };
  } catch {
    return { key: "" };
  }
}

/** The last part of a folder's address, for people. */
export function folderName(folder: string): string {
  try {
    return decodeURIComponent(new URL(folder).pathname.split("/").findLast((part) => part !== "") ?? "/");
  } catch {
    return folder;
  }
}
