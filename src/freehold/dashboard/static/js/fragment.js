// One-time tokens come in the URL's fragment, which no server and no log ever sees. The token moves
// into its field, and out of the address and the history, at once.
(() => {
  const field = document.querySelector("[data-token-from-fragment] input");
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!field || !token) return;
  field.value = token;
  field.closest("[data-token-from-fragment]").hidden = true;
  history.replaceState(null, "", location.pathname + location.search);
})();
