// Waiting for something to happen: server-sent events replace the part of the page that waits.
// `part` carries the new HTML of the element (rendered by our own templates); `done` ends the wait.
(() => {
  const wait = element => {
    const source = new EventSource(element.dataset.liveUrl);
    let shown = element;
    source.addEventListener("part", event => {
      const part = document.createElement("template");
      part.innerHTML = event.data;
      const next = part.content.firstElementChild;
      shown.replaceWith(next);
      shown = next;
      window.htmx?.process(next);
      if (!next.dataset.liveUrl) source.close();
    });
    source.addEventListener("done", () => source.close());
    addEventListener("pagehide", () => source.close());
  };
  for (const element of document.querySelectorAll("[data-live-url]")) wait(element);
})();
