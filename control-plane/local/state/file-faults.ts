// What a fault of the file system means to the user of a local run, and what to do about it. Pure: it reads the system's
// code and the path, and words the answer.

/** A fault as Node reports it. */
export interface FileFault {
  readonly code?: string;
  readonly path?: string;
}

/** The fault of `path` in words with advice; undefined for an error that is none of the file system's. */
export function describeFileFault({ code, path = "a file of the state folder" }: FileFault): string | undefined {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return `${path}: this user may not read or write it. Give it to this user (chown), or keep the state elsewhere: npm start -- --state FOLDER`;
    case "EROFS":
      return `${path}: its file system is read-only. Keep the state elsewhere: npm start -- --state FOLDER`;
    case "ENOSPC":
    case "EDQUOT":
      return `${path}: there is no space left for it. Make space, or keep the state elsewhere: npm start -- --state FOLDER`;
    case "ENOTDIR":
    case "EEXIST":
      return `${path}: a file stands where a folder belongs. Move it away, or keep the state elsewhere: npm start -- --state FOLDER`;
    case "EISDIR":
      return `${path}: a folder stands where a file belongs. Move it away, or keep the state elsewhere: npm start -- --state FOLDER`;
    case "EIO":
    case "EBUSY":
    case "ENAMETOOLONG":
    case "ELOOP":
      return `${path}: the system cannot use it (${code}). Keep the state elsewhere: npm start -- --state FOLDER`;
    default:
      return undefined;
  }
}
