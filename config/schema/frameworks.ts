// Presets for web frameworks on cached routes: the request fields by which their servers vary, and the cookies of visitors who
// must never get a shared response. Validation adds a preset's settings to the route's own; nothing else changes.
// Frameworks that vary only by URL need no preset: Nuxt (`_payload.json`), SvelteKit (`__data.json`), React Router (`.data`),
// Astro, Hugo.

interface Preset {
  /** Fields that distinguish pages from their data. */
  readonly variantHeaders: readonly string[];
  /** Cookies of previews, logged-in users and carts; a `*` at the end stands for any rest of the name. */
  readonly bypassCookies: readonly string[];
}

export const FRAMEWORK_NAMES = ["next", "rails", "inertia", "htmx", "wordpress"] as const;
export type Framework = (typeof FRAMEWORK_NAMES)[number];

export const FRAMEWORKS: Readonly<Record<Framework, Preset>> = {
  // React Server Components are asked for under the page's own URL; Draft Mode and Preview Mode are cookies.
  next: {
    variantHeaders: [
      "RSC",
      "Next-Router-State-Tree",
      "Next-Router-Prefetch",
      "Next-Router-Segment-Prefetch",
      "Next-Url",
    ],
    bypassCookies: ["__prerender_bypass", "__next_preview_data"],
  },
  // Turbo asks for one frame of a page, and scripts for what `request.xhr?` is true of; neither is in `Vary`.
  rails: { variantHeaders: ["Turbo-Frame", "X-Requested-With"], bypassCookies: [] },
  // Pages as JSON, in part as well; `Vary` names only the first of these.
  inertia: {
    variantHeaders: [
      "X-Inertia",
      "X-Inertia-Version",
      "X-Inertia-Partial-Component",
      "X-Inertia-Partial-Data",
      "X-Inertia-Partial-Except",
    ],
    bypassCookies: [],
  },
  // Fragments of pages, by what the script says of the request.
  htmx: {
    variantHeaders: ["HX-Request", "HX-Boosted", "HX-Target", "HX-History-Restore-Request"],
    bypassCookies: [],
  },
  // Pages for logged-in users, for those whose comment waits, for posts behind a password, and for carts.
  wordpress: {
    variantHeaders: [],
    bypassCookies: [
      "wordpress_logged_in_*",
      "comment_author_*",
      "wp-postpass_*",
      "woocommerce_items_in_cart",
      "woocommerce_cart_hash",
      "wp_woocommerce_session_*",
    ],
  },
};

/** A route with what its framework needs added to its own settings. The same again if it is done twice. */
export function withFramework<Of extends Preset & { readonly framework?: Framework | undefined }>(route: Of): Of {
  if (route.framework === undefined) return route;
  const { variantHeaders, bypassCookies } = FRAMEWORKS[route.framework];
  const named = new Set(route.variantHeaders.map((name) => name.toLowerCase()));
  return {
    ...route,
    variantHeaders: [...route.variantHeaders, ...variantHeaders.filter((name) => !named.has(name.toLowerCase()))],
    bypassCookies: [...new Set([...route.bypassCookies, ...bypassCookies])],
  };
}
