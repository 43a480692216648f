// Menus are <details>: they work alone. Escape and a click elsewhere close them.
(() => {
  const open = () => document.querySelectorAll("details.fh-menu[open]");
  document.addEventListener("click", event => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      event.preventDefault();
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // A button that confirms by a typed name waits for the name; the server asks again.
  const confirmations = () => {
    for (const field of document.querySelectorAll("[data-must-equal]")) {
      const button = field.form.querySelector("[type=submit]");
      const weigh = () => { button.setAttribute("aria-disabled", String(field.value !== field.dataset.mustEqual)); };
      field.addEventListener("input", weigh);
      weigh();
    }
  };
  // Boxes that matter only when another one is chosen.
  const narrowing = () => {
    for (const part of document.querySelectorAll("[data-shown-when]")) {
      const [name, value] = part.dataset.shownWhen.split("=");
      const weigh = () => { part.hidden = part.closest("form").querySelector(`[name="${name}"]:checked`)?.value !== value; };
      part.closest("form").addEventListener("change", weigh);
      weigh();
    }
  };
  confirmations();
  narrowing();
})();
