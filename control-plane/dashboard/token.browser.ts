// Stores the API token in this tab's session storage, invisible to other tabs and later visits. A link may carry one in its
// fragment, which is never sent to a server; it is removed from the address bar and the history at once.

const KEY = "meridian-token";

/** The fragment's token if there is one, else the tab's. */
export function findToken(): string | undefined {
  const fragment = new URLSearchParams(location.hash.slice(1)).get("token");
  if (fragment === null || fragment === "") return sessionStorage.getItem(KEY) ?? undefined;
  history.replaceState(null, "", location.pathname + location.search);
  keepToken(fragment);
  return fragment;
}

/** Stores the token until the tab is closed. */
export const keepToken = (token: string): void => sessionStorage.setItem(KEY, token);

export const forgetToken = (): void => sessionStorage.removeItem(KEY);
