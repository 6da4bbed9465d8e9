// The content security policy of the dashboard: it allows exactly the script and style that the page carries.

import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { inlineTexts, pagePolicy } from "../../../../control-plane/api/page/page-policy.ts";
import { Deployment } from "../deployment.ts";

test("inline scripts and styles are found as a browser sees them", () => {
  const html = `<STYLE media="all">\r\na{}</STYLE><script type="module">let a = "<b>";\r</script >
    <script src="x.js"></script><script></script>`;
  expect(inlineTexts(html)).toEqual({ scripts: [`let a = "<b>";\n`, ""], styles: ["\na{}"] });
});

test("a page without scripts may run none", () => {
  expect(pagePolicy({ scripts: [], styles: [] })).toContain("script-src 'none'");
});

test("the dashboard comes with a policy that allows its own script and style, and nothing from elsewhere", async () => {
  const response = await (await Deployment.start()).request("/");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const policy = response.headers.get("content-security-policy") ?? "";
  const hash = (text: string) => createHash("sha256").update(text).digest("base64");
  expect(policy).toContain(`script-src 'sha256-${hash("start()")}'`);
  expect(policy).toContain(`style-src 'sha256-${hash("body{}")}'`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
});
