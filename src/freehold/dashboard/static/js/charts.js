// Tooltips and arrow keys of charts. Without this file a bar is still a link with a name.
(() => {
  const tip = document.getElementById("tip");

  const line = part => {
    const [tone, label, count] = part.split(":");
    const row = document.createElement("span");
    const swatch = document.createElement("i");
    const value = document.createElement("em");
    swatch.className = `fh-k-${tone}`;
    value.textContent = count;
    row.append(swatch, label, value);
    return row;
  };

  const show = bar => {
    const [title, ...parts] = bar.dataset.tip.split("|");
    const head = document.createElement("b");
    head.textContent = title;
    tip.replaceChildren(head, ...parts.map(line));
    tip.hidden = false;
    const box = bar.querySelector(".fh-hit").getBoundingClientRect();
    const middle = box.left + box.width / 2;
    const beside = middle > innerWidth / 2 ? middle - tip.offsetWidth - 14 : middle + 14;
    const x = Math.min(Math.max(8, beside), innerWidth - tip.offsetWidth - 8);
    tip.style.transform = `translate(${x}px, ${Math.max(8, box.top + 6)}px)`;
  };
  const hide = () => { tip.hidden = true; };

  const move = event => {
    const bars = [...event.target.closest("[data-chart]").querySelectorAll(".fh-bar")];
    const at = bars.indexOf(document.activeElement);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 }[event.key];
    if (at < 0 || !bars[next]) return;
    event.preventDefault();
    bars[at].tabIndex = -1;
    bars[next].tabIndex = 0;
    bars[next].focus();
  };

  // On the document, so that charts which are swapped in need no wiring.
  const barOf = event => event.target.closest?.("[data-chart] .fh-bar");
  document.addEventListener("pointerover", event => { const bar = barOf(event); bar ? show(bar) : hide(); });
  document.addEventListener("focusin", event => { const bar = barOf(event); bar ? show(bar) : hide(); });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") hide();
    if (barOf(event)) move(event);
  });
})();
