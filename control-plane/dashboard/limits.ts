// Limits of the dashboard's page.

export const DASHBOARD_LIMITS = {
  /** Refresh interval of a visible page: three requests each, well within a token's rate. */
  dashboardRefreshMillis: 2_000,
  /** Request timeout: a later answer would be five refreshes old. */
  dashboardAnswerMillis: 10_000,
  /** The window of current traffic: regions report in batches, and a shorter one would only show the batches. */
  dashboardRecentMillis: 10_000,
  /** Receipts listed: as many as the panel shows with a little scrolling. */
  dashboardPurges: 20,
  /** Polls of a receipt after a purge, and their interval: five seconds, by when it is applied or needs attention. */
  dashboardReceiptTries: 20,
  dashboardReceiptMillis: 250,
} as const;
