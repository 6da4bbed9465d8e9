// Limits of the dashboard's page.

export const DASHBOARD_LIMITS = {
  /** How often a visible page asks: three requests, well within a token's rate. */
  dashboardRefreshMillis: 2_000,
  /** An answer that takes longer is taken for none: it would be five refreshes old. */
  dashboardAnswerMillis: 10_000,
  /** Traffic "now" is measured over this: regions report in batches, and less would only show the batches. */
  dashboardRecentMillis: 10_000,
  /** Receipts listed: as many as the panel shows with a little scrolling. */
  dashboardPurges: 20,
  /** After a purge its receipt is asked for this often, at this pace: five seconds, by when it is applied or somebody must look. */
  dashboardReceiptTries: 20,
  dashboardReceiptMillis: 250,
} as const;
