// The shop's ordinary answers: pages, products, pictures, what belongs to one visitor, and the switches for tests. Everything
// it answers follows from the request, the products' versions and its counters; there is no clock and no chance in it.
// Cached kinds carry tags, validators and a lifetime; personal ones say `private` or `no-store`.

import type { IncomingMessage } from "node:http";
import { allProducts, findProduct, PRODUCT_COUNT, type Product, shopVersion, validatorsOf } from "./catalogue.ts";
import { CORNERS } from "./corners-list.ts";
import { cornersPage, escapeHtml, homePage, loginPage, plainPage, productPage, STYLE } from "./pages.ts";
import { drawPng, drawSvg } from "./pictures.node.ts";
import type { Reply } from "./reply.ts";
import { RequestLog } from "./request-log.ts";

/** What a handler knows of a request. */
export interface ShopVisit {
  readonly method: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  /** The body, when the handler asked for it; 64 KiB at most. */
  readonly body: string;
}

type Lines = readonly (readonly [string, string])[];
const reply = (status: number, type: string, body: string | Uint8Array, fields: Lines): Reply => ({
  status,
  fields: [["Content-Type", type], ...fields],
  body,
});
const html = (body: string, fields: Lines, status = 200): Reply =>
  reply(status, "text/html; charset=utf-8", body, fields);
const json = (value: unknown, fields: Lines = [["Cache-Control", "no-store"]], status = 200): Reply =>
  reply(status, "application/json", `${JSON.stringify(value)}\n`, fields);

/** For shared caches an hour, since they can be purged; for browsers a minute, since they cannot. */
const SHARED: readonly [string, string] = ["Cache-Control", "public, max-age=60, s-maxage=3600"];
const LANGUAGES: Readonly<Record<string, string>> = {
  en: "Good day",
  de: "Guten Tag",
  fr: "Bonjour",
  ja: "こんにちは",
};

/** The shop with its state: versions of products, counters of requests. */
export class Shop {
  readonly log = new RequestLog();
  readonly #versions = new Map<number, number>();
  #flaky = 0;

  /** Answers a request; undefined when the shop has nothing under that path. */
  answer(visit: ShopVisit): Reply | undefined {
    const [, first = "", second = "", third = ""] = visit.url.pathname.split("/");
    switch (first) {
      case "":
        return this.#home();
      case "products":
        return second === "" ? this.#home() : this.#product(second);
      case "images":
        return this.#image(second);
      case "style.css":
        return reply(200, "text/css", STYLE, [["Cache-Control", "public, max-age=31536000, immutable"]]);
      case "sitemap.xml":
        return sitemap(visit);
      case "corners":
        return html(cornersPage(CORNERS), [SHARED, ["Cache-Tag", "pages"]]);
      case "cart":
        return cart(visit);
      case "account":
        return account(second, visit);
      case "eu":
        return second === "records" ? record(third) : undefined;
      case "vary":
        return second === "language" ? greeting(visit) : undefined;
      case "redirect":
        return {
          status: 302,
          fields: [
            ["Location", "/products/1"],
            ["Cache-Control", "public, max-age=60"],
          ],
          body: "",
        };
      case "fail":
        return fail(visit);
      case "flaky":
        return this.#maybe(visit);
      case "admin":
        return this.#admin(second, third, visit);
      default:
        return undefined;
    }
  }

  #home(): Reply {
    const version = shopVersion(this.#versions);
    return html(homePage(allProducts(this.#versions)), [
      SHARED,
      ["Cache-Tag", "pages,products"],
      ["ETag", `"shop-v${version}"`],
    ]);
  }

  #product(text: string): Reply {
    const product = findProduct(text, this.#versions);
    if (product === undefined) {
      const body = plainPage("No such product", `Products are numbered from 1 to ${PRODUCT_COUNT}.`);
      return html(body, [["Cache-Control", "public, max-age=5"]], 404);
    }
    return html(productPage(product), this.#fieldsOf(product));
  }

  #image(file: string): Reply | undefined {
    const [, number = "", kind] = /^(\d+)\.(svg|png)$/.exec(file) ?? [];
    const product = findProduct(number, this.#versions);
    if (product === undefined) return undefined;
    const fields = [...this.#fieldsOf(product), ["Cache-Tag", "images"]] as const;
    return kind === "svg"
      ? reply(200, "image/svg+xml", drawSvg(product), fields)
      : reply(200, "image/png", drawPng(product), fields);
  }

  #fieldsOf(product: Product): Lines {
    const { etag, lastModified } = validatorsOf(product);
    const tags = `product-${product.id},products,kind-${product.kind}`;
    return [SHARED, ["Cache-Tag", tags], ["ETag", etag], ["Last-Modified", lastModified]];
  }

  /** Fails so that of any n requests in a row the asked share fails: evenly spread, and the same in every run. */
  #maybe(visit: ShopVisit): Reply {
    const rate = Math.min(1, Math.max(0, Number(visit.url.searchParams.get("rate") ?? 0.5)));
    const before = Math.floor(this.#flaky * rate);
    this.#flaky += 1;
    const fails = Math.floor(this.#flaky * rate) > before;
    if (fails) return html(plainPage("Out of order", "This answer fails now and then, as asked."), [], 503);
    return html(plainPage("Lucky", "This time it worked."), [["Cache-Control", "public, max-age=1"]]);
  }

  #admin(kind: string, id: string, visit: ShopVisit): Reply | undefined {
    if (kind === "requests" && visit.method === "DELETE") {
      this.log.clear();
      return { status: 204, fields: [["Cache-Control", "no-store"]], body: "" };
    }
    if (kind === "requests") {
      const path = visit.url.searchParams.get("path");
      return json(path === null ? { requests: this.log.all() } : this.log.of(path));
    }
    const product = kind === "products" ? findProduct(id, this.#versions) : undefined;
    if (product === undefined || visit.method !== "POST") return undefined;
    this.#versions.set(product.id, product.version + 1);
    return json({ id: product.id, version: product.version + 1 });
  }
}

/** Its pages, under the host that clients use: what stands before the shop says which that is. */
function sitemap({ request: { headers } }: ShopVisit): Reply {
  const named = (name: string, otherwise: string): string => String(headers[name] ?? otherwise);
  const site = `${named("x-forwarded-proto", "http")}://${named("x-forwarded-host", headers.host ?? "localhost")}`;
  const paths = ["/", ...allProducts(new Map()).map(({ id }) => `/products/${id}`)];
  const list = paths.map((path) => `<url><loc>${escapeHtml(site + path)}</loc></url>\n`).join("");
  const body = `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${list}</urlset>\n`;
  return reply(200, "application/xml", body, [SHARED, ["Cache-Tag", "sitemap"]]);
}

/** The cart is one visitor's: stored in a cookie, never in a shared cache. */
function cart(visit: ShopVisit): Reply {
  const added = visit.method === "POST" ? new URLSearchParams(visit.body).get("product") : null;
  const items = [
    ...cookieOf(visit, "cart")
      .split(".")
      .filter((item) => /^\d{1,4}$/.test(item)),
    ...(added ? [added] : []),
  ];
  const own: Lines = [["Cache-Control", "private, no-store"]];
  if (visit.method !== "POST")
    return html(plainPage("Your cart", `Products in it: ${items.join(", ") || "none"}.`), own);
  const cookie = `cart=${items.slice(-50).join(".")}; Path=/; HttpOnly; SameSite=Lax`;
  return { status: 303, fields: [...own, ["Location", "/cart"], ["Set-Cookie", cookie]], body: "" };
}

function account(page: string, visit: ShopVisit): Reply | undefined {
  const own: Lines = [["Cache-Control", "private, no-store"]];
  const session = cookieOf(visit, "session");
  if (page === "login" && visit.method === "POST") {
    const name = (new URLSearchParams(visit.body).get("name") ?? "guest").replaceAll(/[^\w.-]/g, "").slice(0, 40);
    const fields: Lines = [
      ...own,
      ["Location", "/account/me"],
      ["Set-Cookie", `session=${name}; Path=/; HttpOnly; SameSite=Lax`],
    ];
    return { status: 303, fields, body: "" };
  }
  if (page === "login")
    return html(loginPage(), [
      ["Cache-Control", "no-store"],
      ["Set-Cookie", "seen-login=1; Path=/account"],
    ]);
  if (page !== "me") return undefined;
  if (session === "") return { status: 303, fields: [...own, ["Location", "/account/login"]], body: "" };
  return html(plainPage(`Hello, ${session}`, "This page is yours alone."), own);
}

function cookieOf(visit: ShopVisit, name: string): string {
  const pairs = (visit.request.headers.cookie ?? "").split(/;\s*/).map((pair) => pair.split("="));
  return pairs.find(([key]) => key === name)?.[1] ?? "";
}

const record = (id: string): Reply =>
  json({ record: id, residence: "EU" }, [
    SHARED,
    ["Cache-Tag", "eu-records"],
    ["ETag", `"record-${encodeURIComponent(id)}"`],
  ]);

function greeting(visit: ShopVisit): Reply {
  const wanted = (visit.request.headers["accept-language"] ?? "").split(",").map((range) => range.trim().slice(0, 2));
  const language = wanted.find((code) => code in LANGUAGES) ?? "en";
  const fields: Lines = [SHARED, ["Vary", "Accept-Language"], ["Content-Language", language], ["Cache-Tag", "pages"]];
  return html(plainPage(LANGUAGES[language] ?? "", `You asked for ${wanted.join(", ") || "no language"}.`), fields);
}

function fail(visit: ShopVisit): Reply {
  const status = Number(visit.url.searchParams.get("status") ?? 500);
  const isStatus = Number.isInteger(status) && status >= 400 && status <= 599;
  return html(plainPage("Failed", "This answer fails, as asked."), [], isStatus ? status : 500);
}
