// ⌘K or Ctrl+K opens the jump menu, `/` goes to the filter of the list. Basecoat's command component
// filters and moves; here the sidebar's own links become its first entries.
(() => {
  const dialog = document.getElementById("jump");
  if (!dialog) return;
  const group = dialog.querySelector("[data-jump-pages]");
  // The project's own pages first: who types "usage" in a project means this one's.
  const links = [...document.querySelectorAll(".fh-side .fh-nav-i")];
  const own = links.filter(link => link.closest(".fh-proj"));
  [...own, ...links.filter(link => !own.includes(link))].forEach((link, index) => {
    const item = document.createElement("a");
    item.setAttribute("role", "menuitem");
    item.id = `jump-page-${index}`;
    item.href = link.href;
    const name = document.createElement("span");
    name.textContent = link.querySelector("span").textContent;
    item.append(link.querySelector("svg").cloneNode(true), name);
    group.append(item);
  });
  dialog.querySelector(".command").refresh?.();

  const open = () => {
    document.getElementById("side")?.hidePopover?.();
    dialog.showModal();
    const field = dialog.querySelector("input");
    field.value = "";
    field.dispatchEvent(new Event("input"));
    field.focus();
  };
  const typing = target => target.matches("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", event => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      dialog.open ? dialog.close() : open();
    } else if (event.key === "/" && !typing(event.target)) {
      const filter = document.querySelector("[data-filter]");
      if (filter) { event.preventDefault(); filter.focus(); filter.select(); }
    }
  });
  document.addEventListener("click", event => {
    if (event.target.closest("[data-open=jump]")) open();
    if (event.target === dialog) dialog.close();
  });
})();
