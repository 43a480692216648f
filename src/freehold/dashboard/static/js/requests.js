// Lists of requests. J and K move, Enter opens; where there is room, a request opens beside its list, and the address
// keeps it. F goes to the first filter. Without this file each row leads to the request's own page.
(() => {
  const wide = matchMedia("(min-width: 1101px)");
  const split = () => document.querySelector("[data-split]");
  const rows = () => [...(split()?.querySelectorAll("tr[data-request]") ?? [])];
  const linkOf = row => row.querySelector("a.fh-row");
  const typing = target => target.matches("input, textarea, select, [contenteditable]");
  const pane = document.getElementById("pane");

  const keep = id => {
    const address = new URL(location.href);
    id ? address.searchParams.set("request", id) : address.searchParams.delete("request");
    history.replaceState(history.state, "", address);
  };
  const mark = id => { for (const row of rows()) row.classList.toggle("fh-is-open", row.dataset.request === id); };
  let asked = 0;

  const open = async row => {
    const mine = ++asked;
    mark(row.dataset.request);
    const answer = await fetch(`${linkOf(row).href}?pane=yes`).catch(() => null);
    if (mine !== asked) return;
    // Signed out, or gone: its own page says so.
    if (!answer?.ok || answer.redirected) { location.href = linkOf(row).href; return; }
    const part = document.createElement("template");
    part.innerHTML = await answer.text();
    if (mine !== asked) return;
    pane.replaceChildren(part.content);
    pane.hidden = false;
    keep(row.dataset.request);
  };
  const close = () => {
    asked += 1;
    const row = rows().find(each => each.classList.contains("fh-is-open"));
    pane.hidden = true;
    pane.replaceChildren();
    mark("");
    keep("");
    if (row) linkOf(row).focus();
  };
  const step = by => {
    const all = rows();
    const at = all.findIndex(row => row.contains(document.activeElement) || row.classList.contains("fh-is-open"));
    const next = all[at < 0 ? 0 : at + by];
    if (!next) return;
    linkOf(next).focus();
    if (!pane.hidden && wide.matches) open(next);
  };

  document.addEventListener("click", event => {
    if (event.target.closest("[data-pane-close]")) { event.preventDefault(); close(); return; }
    const link = event.target.closest("[data-split] a.fh-row");
    if (!link || !pane || !wide.matches || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link.closest("tr"));
  });
  document.addEventListener("keydown", event => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "f" && document.querySelector(".fh-pickm")) {
      event.preventDefault();
      const menu = document.querySelector(".fh-pickm");
      menu.open = true;
      // On its button, not in it: what is only just shown does not yet take the focus.
      menu.querySelector("summary").focus();
    } else if (pane && (key === "j" || key === "k")) {
      event.preventDefault();
      step(key === "j" ? 1 : -1);
    } else if (pane && !pane.hidden && key === "escape") {
      close();
    }
  });
})();
