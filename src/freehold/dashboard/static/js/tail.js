// The live tail: server-sent rows go before those of the list, each request once, the newest 200. A break
// goes on by itself with `Last-Event-ID`, a pause with the same in the address.
(() => {
  const bar = document.querySelector("[data-tail]");
  const body = document.querySelector("[data-tail-rows]");
  if (!bar || !body) return;
  const state = bar.querySelector("[data-tail-state]");
  const count = bar.querySelector("[data-tail-count]");
  const button = bar.querySelector("[data-tail-pause]");
  const MOST = 200;
  const address = new URL(bar.dataset.tail, location.href);
  let source;
  let added = 0;

  const known = id => [...body.rows].some(row => row.dataset.request === id);
  const show = text => { state.textContent = text; bar.classList.toggle("fh-is-paused", text !== "Following"); };
  const take = event => {
    address.searchParams.set("after", event.lastEventId);
    const part = document.createElement("template");
    part.innerHTML = `<table><tbody>${event.data}</tbody></table>`;
    // The newest comes first, and ends up on top.
    for (const row of [...part.content.querySelectorAll("tr")].reverse()) {
      if (known(row.dataset.request)) continue;
      row.classList.add("fh-is-new");
      body.prepend(row);
      added += 1;
    }
    while (body.rows.length > MOST) body.rows[body.rows.length - 1].remove();
    count.textContent = `${added.toLocaleString("en")} new since this page was opened`;
  };
  const follow = () => {
    source = new EventSource(address);
    source.addEventListener("open", () => show("Following"));
    source.addEventListener("rows", take);
    source.addEventListener("error", () => show(source.readyState === EventSource.CLOSED ? "Refused: reload the page" : "Connecting again"));
    button.textContent = "Pause";
  };
  const pause = () => {
    source.close();
    source = undefined;
    show("Paused");
    button.textContent = "Go on";
  };

  button.addEventListener("click", () => { source ? pause() : follow(); });
  addEventListener("pagehide", () => source?.close());
  follow();
})();
