"use strict";
// Shows the events that have every word of the filter, wherever it stands in them, and the groups that have such an event.
const find = document.getElementById("find");
const count = document.getElementById("count");
const events = [...document.querySelectorAll(".event")].map((section) => ({
  section,
  link: document.querySelector(`nav a[href="#${CSS.escape(section.id)}"]`).parentElement,
  text: section.textContent.toLowerCase(),
}));
const others = document.querySelectorAll("#headers, #outcomes");
const groups = [...document.querySelectorAll("[data-group]")];

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { section, link, text } of events) {
    const fits = words.every((word) => text.includes(word));
    section.hidden = link.hidden = !fits;
    shown += fits;
  }
  for (const group of groups) {
    group.hidden = words.length > 0 && !group.querySelector(".event:not([hidden]), li:not([hidden])");
  }
  for (const section of others) {
    section.hidden = words.length > 0;
  }
  count.textContent = `${shown} of ${events.length} events`;
}

find.addEventListener("input", filter);
addEventListener("hashchange", () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.hidden) {
    find.value = "";
    filter();
    target.scrollIntoView();
  }
});
filter();
