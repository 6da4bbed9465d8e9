// The configuration that `npm start` runs and `npm run deploy` deploys: the example shop behind nine regions.
// Put your own origin here; `npm start -- --origin URL` replaces every origin's URL for one run.

import { defineConfig } from "./schema/schema.ts";

export default defineConfig({
  origins: {
    shop: {
      url: "http://127.0.0.1:8799",
      place: "enam",
      shield: "enam",
    },
  },
  regions: { wnam: {}, enam: {}, sam: {}, weur: {}, eeur: {}, apac: {}, oc: {}, afr: {}, me: {} },
  routes: [
    {
      name: "account",
      match: { paths: ["/account/*", "/cart/*"] },
      origin: "shop",
      mode: "bypass",
    },
    {
      name: "eu-records",
      match: { paths: ["/eu/*"] },
      origin: "shop",
      residency: ["weur", "eeur"],
    },
    {
      name: "images",
      match: { paths: ["*.jpg", "*.png", "*.svg", "*.webp"] },
      origin: "shop",
      key: { query: { only: ["v", "width"] } },
      ttl: { staleWhileRevalidateSeconds: 60 },
    },
    {
      name: "socket",
      match: { paths: ["/ws"] },
      origin: "shop",
      mode: "bypass",
      websocket: true,
    },
    {
      name: "pages",
      origin: "shop",
      key: { query: { except: ["utm_*", "fbclid", "gclid"] } },
      ttl: { byStatus: { 404: 5 } },
      actions: {
        redirect: { paths: [{ from: "/product/*", to: "/products/*", status: 301 }] },
        response: {
          set: { "X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin" },
        },
      },
    },
  ],
});
