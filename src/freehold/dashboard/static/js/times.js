// Pages show UTC; on hover a time also says what it is here.
(() => {
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  document.addEventListener("pointerover", event => {
    const time = event.target.closest?.("time[data-local]");
    if (!time) return;
    time.title = `${time.title}\n${local.format(new Date(time.dateTime))} here`;
    time.removeAttribute("data-local");
  });
})();
