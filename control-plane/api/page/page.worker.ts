// GET /: the dashboard. The page contains no data and no secret, so it needs no token; its policy allows requests to this API only.

import { type Mount, mount } from "../route.worker.ts";
import { ROUTES } from "../routes.ts";
import { type InlineTexts, inlineTexts, pagePolicy } from "./page-policy.ts";

/** Mounts the dashboard. */
export function mountPage(on: Mount): void {
  let policy: Promise<string> | undefined;
  mount(on, ROUTES.page, async () => {
    policy ??= policyOf(on.ports.page);
    return new Response(on.ports.page, {
      headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": await policy },
    });
  });
}

async function policyOf(page: string): Promise<string> {
  const texts = inlineTexts(page);
  const digests: InlineTexts = {
    scripts: await Promise.all(texts.scripts.map(digest)),
    styles: await Promise.all(texts.styles.map(digest)),
  };
  return pagePolicy(digests);
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}
