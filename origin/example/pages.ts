// The shop's pages as HTML text. Pure: what they show is handed in. They need no script and nothing from elsewhere.

import type { Product } from "./catalogue.ts";

/** Text as HTML and XML take it between tags and in quotes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

const price = (product: Product): string => `${(product.priceCents / 100).toFixed(2)} €`;

/** The one stylesheet, served under its version so that it can be kept for a year. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #17324d; --paper: #fbfaf6; --line: #d9d4c5; --accent: #b4532a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4ecf4; --paper: #101a24; --line: #2c3d4d; --accent: #f0955f; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 Georgia, "Times New Roman", serif; color: var(--ink); background: var(--paper); }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 1.25rem 1.5rem; }
header { display: flex; gap: 1.5rem; align-items: baseline; border-bottom: 1px solid var(--line); flex-wrap: wrap; }
header strong { font-size: 1.5rem; letter-spacing: .02em; }
a { color: var(--accent); }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); padding: 0; list-style: none; }
.card { border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; text-decoration: none; color: inherit; display: block; }
.card img { display: block; width: 100%; aspect-ratio: 1; }
.card span { display: flex; justify-content: space-between; padding: .5rem .75rem; }
.card:hover { border-color: var(--accent); }
article { display: grid; gap: 2rem; grid-template-columns: minmax(12rem, 22rem) 1fr; }
article img { width: 100%; border-radius: .6rem; border: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
td, th { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
code { font: .9em ui-monospace, monospace; }
button { font: inherit; padding: .4rem 1rem; border: 1px solid var(--accent); border-radius: .4rem; background: none; color: var(--accent); cursor: pointer; }
footer { border-top: 1px solid var(--line); font-size: .9rem; opacity: .8; }
@media (max-width: 40rem) { article { grid-template-columns: 1fr; } }
`;

/** A whole page around `content`, which is HTML already. */
function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/style.css?v=1">
<link rel="icon" href="/images/1.svg" type="image/svg+xml">
</head>
<body>
<header><strong>Meridian &amp; Sons</strong><span>instruments for finding your way</span>
<a href="/">Shop</a><a href="/cart">Cart</a><a href="/account/me">Account</a><a href="/corners">Corners</a></header>
<main>
${content}
</main>
<footer>The example origin of Meridian. Nothing here is for sale.</footer>
</body>
</html>
`;
}

const card = (product: Product): string =>
  `<li><a class="card" href="/products/${product.id}"><img src="/images/${product.id}.svg" alt="" width="200" height="200">` +
  `<span><b>${escapeHtml(product.name)}</b> ${price(product)}</span></a></li>`;

/** The front page: every product. */
export const homePage = (products: readonly Product[]): string =>
  page(
    "Meridian & Sons",
    `<h1>Everything for the open sea</h1>\n<ul class="grid">\n${products.map(card).join("\n")}\n</ul>`,
  );

/** One product. */
export const productPage = (product: Product): string =>
  page(
    product.name,
    `<article><img src="/images/${product.id}.svg?v=${product.version}" alt="${escapeHtml(product.name)}" width="200" height="200">
<div><h1>${escapeHtml(product.name)}</h1>
<p>${price(product)} &middot; ${escapeHtml(product.kind)} &middot; version <b>${product.version}</b></p>
<p>Made with care and checked against the stars. <code>POST /admin/products/${product.id}</code> makes the next version.</p>
<form method="post" action="/cart"><input type="hidden" name="product" value="${product.id}"><button>Put into the cart</button></form>
</div></article>`,
  );

/** A page with a heading and paragraphs of plain text. */
export const plainPage = (title: string, ...paragraphs: readonly string[]): string =>
  page(title, `<h1>${escapeHtml(title)}</h1>\n${paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join("\n")}`);

/** The page that lists everything that the origin can be asked. */
export function cornersPage(corners: readonly (readonly [request: string, meaning: string])[]): string {
  const rows = corners.map(
    ([request, meaning]) => `<tr><td><code>${escapeHtml(request)}</code></td><td>${escapeHtml(meaning)}</td></tr>`,
  );
  return page(
    "Corners",
    `<h1>What can be asked here</h1>\n<table><tr><th>Request</th><th>Answer</th></tr>\n${rows.join("\n")}\n</table>`,
  );
}

/** The log-in form. */
export const loginPage = (): string =>
  page(
    "Log in",
    `<h1>Log in</h1><form method="post" action="/account/login"><label>Name <input name="name" required></label> <button>Log in</button></form>`,
  );
