// The list of the example origin's resources, shown on its own page. server.node.ts and shop.node.ts answer it.

/** Requests, and what they are good for. */
export const CORNERS: readonly (readonly [request: string, meaning: string])[] = [
  ["GET /", "every product; tags pages, products; ETag"],
  ["GET /products/7", "one product; tags product-7, products, kind-*; ETag and Last-Modified by its version"],
  ["POST /admin/products/7", "makes the product's next version, so that a purge can be seen"],
  ["GET /sitemap.xml", "the home page and every product, for meridian prefetch --sitemap; tag sitemap"],
  ["GET /images/7.svg, /images/7.png", "its picture; tags as the product's, and images"],
  ["GET /files/large.bin?mib=50", "bytes that follow from their position; Range; up to 1024 MiB; Content-Length"],
  ["GET /slow?ms=2000", "an answer after that time, up to 60,000 ms; cacheable for a minute"],
  ["GET /flaky?rate=0.5", "fails with 503 for that share of requests, evenly spread"],
  [
    "GET /fail?status=500",
    "always fails; ?how=reset ends the connection, ?how=truncate stops in the middle of the body",
  ],
  ["GET /stream?events=10&ms=1000", "server-sent events, one after each pause"],
  ["GET /ws", "a WebSocket that says back what it hears"],
  ["GET|POST /cart", "a cart in a cookie; form field product"],
  ["GET|POST /account/login", "sets a session cookie; form field name"],
  ["GET /account/me", "the page of who is logged in; private"],
  ["GET /redirect", "302 to a product; cacheable for a minute"],
  ["GET /vary/language", "a greeting in en, de, fr or ja; Vary: Accept-Language"],
  ["GET /eu/records/42", "a record that may not leave the EU; tag eu-records"],
  ["ANY /echo", "what the origin saw: method, target, fields, bytes of the body and their SHA-256; no-store"],
  ["GET /admin/requests?path=/products/7", "how often that was asked for (all paths without ?path=); DELETE resets"],
];
