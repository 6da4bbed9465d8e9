// Tables for a terminal: aligned columns without lines, easy to read, copy and process with other tools.

import CliTable from "cli-table3";
import type { Terminal } from "../terminal.node.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Rows under a header; cells may contain colours. Trailing blanks are removed. */
export function drawTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { colours }: Pick<Terminal, "colours">,
): string {
  const table = new CliTable({
    head: columns.map(({ title }) => colours.dim(title)),
    colAligns: columns.map(({ align }) => align ?? "left"),
    chars: NO_LINES,
    // Without the library's own colours.
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
