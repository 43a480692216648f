// Runs before the first paint: the chosen theme, else the system's. Marks that scripts work, so that
// controls which need one may show themselves.
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("fh-theme"); } catch { /* storage may be switched off */ }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark", dark);
  document.documentElement.classList.add("fh-js");
})();
