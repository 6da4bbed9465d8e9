// Where the API token lives: in this tab's session storage, which other tabs and later visits do not see. A link may bring
// one in its fragment, which is never sent to a server; it is taken out of the address bar and the history at once.

const KEY = "meridian-token";

/** The token of the fragment if there is one, else the one kept in this tab. */
export function findToken(): string | undefined {
  const fragment = new URLSearchParams(location.hash.slice(1)).get("token");
  if (fragment === null || fragment === "") return sessionStorage.getItem(KEY) ?? undefined;
  history.replaceState(null, "", location.pathname + location.search);
  keepToken(fragment);
  return fragment;
}

/** Keeps the token until the tab is closed. */
export const keepToken = (token: string): void => sessionStorage.setItem(KEY, token);

export const forgetToken = (): void => sessionStorage.removeItem(KEY);
