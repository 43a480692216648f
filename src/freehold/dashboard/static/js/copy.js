// Copy buttons, the theme switch, and controls that are refused but not hidden.
(() => {
  const say = text => {
    const live = document.getElementById("live");
    live.textContent = "";
    requestAnimationFrame(() => { live.textContent = text; });
  };

  const textOf = button => {
    if (button.dataset.copyFrom) return document.getElementById(button.dataset.copyFrom).innerText;
    return button.dataset.copy === "link" ? location.href : button.dataset.copy;
  };

  const copy = async button => {
    try {
      await navigator.clipboard.writeText(textOf(button));
    } catch {
      // Without a clipboard (plain HTTP on another host) the text is selected instead.
      const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
      if (source) getSelection().selectAllChildren(source);
      say("Copying is not allowed here. The text is selected instead.");
      return;
    }
    button.classList.add("fh-is-copied");
    button.dispatchEvent(new CustomEvent("fh:copied", { bubbles: true }));
    say("Copied");
    setTimeout(() => button.classList.remove("fh-is-copied"), 1500);
  };

  const toggleTheme = () => {
    const dark = document.documentElement.classList.toggle("dark");
    try { localStorage.setItem("fh-theme", dark ? "dark" : "light"); } catch { /* for this page only, then */ }
    say(dark ? "Dark theme" : "Light theme");
  };

  document.addEventListener("click", event => {
    const refused = event.target.closest("[aria-disabled=true]");
    if (refused) {
      event.preventDefault();
      if (refused.title) say(refused.title);
      return;
    }
    const button = event.target.closest("[data-copy],[data-copy-from]");
    if (button) copy(button);
    if (event.target.closest("[data-theme-toggle]")) toggleTheme();
  });
})();
