// The Content-Security-Policy of the dashboard (CSP level 3): it allows only the page's own inline scripts and styles, by hash,
// and requests to this API. An injected script does not run. The page has no inline event handlers and no style attributes,
// which no hash here would allow.

/** The texts of a page's inline scripts and styles, exactly as a browser hashes them. */
export interface InlineTexts {
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
}

/** Finds the inline scripts and styles of a document; elements with a `src` have no text of their own. */
export function inlineTexts(html: string): InlineTexts {
  const textsOf = (element: "script" | "style"): readonly string[] =>
    [...html.matchAll(new RegExp(`<${element}(\\s[^>]*)?>([\\s\\S]*?)</${element}\\s*>`, "gi"))]
      .filter((match) => !/\ssrc\s*=/i.test(match[1] ?? ""))
      // The parser turns CRLF and CR into LF before anything is hashed (HTML section 13.2.3.5).
      .map((match) => (match[2] as string).replaceAll(/\r\n?/g, "\n"));
  return { scripts: textsOf("script"), styles: textsOf("style") };
}

/** The policy for a page whose inline texts have these SHA-256 digests (base64). */
export function pagePolicy(digests: InlineTexts): string {
  const sources = (of: readonly string[]): string =>
    of.length === 0 ? "'none'" : of.map((digest) => `'sha256-${digest}'`).join(" ");
  return [
    "default-src 'none'",
    `script-src ${sources(digests.scripts)}`,
    `style-src ${sources(digests.styles)}`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
