// Search and filter. Without this script the page is whole, only longer to read.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const scenarios = [...document.querySelectorAll(".scenario")].map((element) => ({
    element,
    verdict: element.dataset.verdict,
    text: element.textContent.toLowerCase(),
  }));
  const [search, verdict, found] = [byId("search"), byId("verdict"), byId("found")];

  const wanted = (scenario) => {
    const bad = !["held", "skipped"].includes(scenario.verdict);
    const chosen = verdict.value === "" || verdict.value === scenario.verdict || (verdict.value === "bad" && bad);
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return chosen && words.every((word) => scenario.text.includes(word));
  };

  const filter = () => {
    let shown = 0;
    for (const scenario of scenarios) {
      const here = wanted(scenario);
      scenario.element.hidden = !here;
      shown += here ? 1 : 0;
    }
    found.textContent = `${shown} of ${scenarios.length} shown`;
  };

  const setOpen = (open) => {
    for (const { element } of scenarios) {
      if (!element.hidden) element.open = open;
    }
  };

  // A link to a scenario leads to it even where it is closed or filtered away.
  const follow = () => {
    const target = byId(location.hash.slice(1));
    if (!target?.classList.contains("scenario")) return;
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  };

  search.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  byId("open").addEventListener("click", () => setOpen(true));
  byId("close").addEventListener("click", () => setOpen(false));
  addEventListener("hashchange", follow);
  byId("tools").hidden = false;
  filter();
  follow();
})();
