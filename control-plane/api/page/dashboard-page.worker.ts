// The bundled dashboard: one HTML document, built by `npm run build` from control-plane/dashboard.
// Tests of the API do without it; only the Worker imports this file.

import html from "../../dashboard/dist/index.html";

/** The whole page, with its scripts and styles inside. */
export const DASHBOARD_PAGE: string = html;
