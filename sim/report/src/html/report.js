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
    const bad = !["held", "skipped", "inconclusive"].includes(scenario.verdict);
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
      if (element.hidden) continue;
      for (const part of [element, ...element.querySelectorAll("details")]) part.open = open;
    }
  };

  // What is searched for stands in the address, so that it can be passed on.
  const remember = () => {
    const asked = new URLSearchParams();
    if (search.value) asked.set("search", search.value);
    if (verdict.value) asked.set("show", verdict.value);
    history.replaceState(null, "", `#${asked.size ? asked : "scenarios"}`);
    filter();
  };

  const plain = (part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };

  // A link leads to its place even where that is closed or filtered away.
  const follow = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    if (asked.has("search") || asked.has("show")) {
      search.value = asked.get("search") ?? "";
      verdict.value = asked.get("show") ?? "";
      filter();
      byId("scenarios").scrollIntoView();
      return;
    }
    const target = byId(plain(location.hash.slice(1)));
    if (!target) return;
    for (let place = target; place; place = place.parentElement) {
      place.hidden = false;
      if (place instanceof HTMLDetailsElement) place.open = true;
    }
    target.scrollIntoView();
  };

  search.addEventListener("input", remember);
  verdict.addEventListener("change", remember);
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  byId("open").addEventListener("click", () => setOpen(true));
  byId("close").addEventListener("click", () => setOpen(false));
  addEventListener("hashchange", follow);
  byId("tools").hidden = false;
  filter();
  follow();
})();
