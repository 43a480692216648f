// A secret is shown once: leaving before it was copied asks first.
(() => {
  const guarded = document.querySelector("[data-secret-guard]");
  if (!guarded) return;
  let stored = false;
  document.addEventListener("fh:copied", event => { if (event.target.closest("[data-secret-copy],[data-copy-from]")) stored = true; });
  guarded.addEventListener("copy", () => { stored = true; });
  document.addEventListener("click", event => { if (event.target.closest("[data-secret-stored]")) stored = true; });
  addEventListener("beforeunload", event => { if (!stored) event.preventDefault(); });
})();
