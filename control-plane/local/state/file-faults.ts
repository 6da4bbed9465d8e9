// Words file system errors for the user of a local run, with advice, from the system's code and the path.

/** A fault as Node reports it. */
export interface FileFault {
  readonly code?: string;
  readonly path?: string;
}

/** The fault of `path` in words with advice; undefined if it is not a file system error. */
export function describeFileFault({ code, path = "a file of the state folder" }: FileFault): string | undefined {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return `${path}: this user may not read or write it. Change its owner (chown), or keep the state elsewhere: npm start -- --state FOLDER`;
    case "EROFS":
      return `${path}: its file system is read-only. Keep the state elsewhere: npm start -- --state FOLDER`;
    case "ENOSPC":
    case "EDQUOT":
      return `${path}: no space left on the device. Free space, or keep the state elsewhere: npm start -- --state FOLDER`;
    case "ENOTDIR":
    case "EEXIST":
      return `${path}: a file is in place of a folder. Move it away, or keep the state elsewhere: npm start -- --state FOLDER`;
    case "EISDIR":
      return `${path}: a folder is in place of a file. Move it away, or keep the state elsewhere: npm start -- --state FOLDER`;
    case "EIO":
    case "EBUSY":
    case "ENAMETOOLONG":
    case "ELOOP":
      return `${path}: the system cannot use it (${code}). Keep the state elsewhere: npm start -- --state FOLDER`;
    default:
      return undefined;
  }
}
