// A row's button that fills its list again puts all rows in place anew: who pressed it by keyboard stays on it, and what is typed in other rows stays typed.
(function () {
  "use strict";
  var LISTS = "#meeting-body, .meet-column";
  var ITEMS = "#agenda-items";
  var pressed = null, typed = {}, seen = {};

  document.addEventListener("click", function (event) {
    var button = event.target instanceof Element ? event.target.closest("button[id]") : null;
    pressed = button && button.closest(LISTS) ? button.id : null;
    var row = button && button.closest(ITEMS + " > li");
    if (row && button.closest(".item-edit")) { row.querySelectorAll("input, textarea").forEach(function (field) { delete typed[field.id]; }); }
  });
  document.addEventListener("input", function (event) {
    var field = event.target;
    if (field instanceof Element && field.id && field.closest(ITEMS)) { typed[field.id] = field.value; seen[field.id] = field; }
  });

  function typeAgain() {
    Object.keys(typed).forEach(function (id) {
      var field = document.getElementById(id);
      if (!document.querySelector(ITEMS)) { delete typed[id]; return; }
      if (!field || field === seen[id]) { return; }
      seen[id] = field;
      var value = field.type === "number" ? Number(typed[id]) : typed[id];
      window.dash_clientside.set_props(JSON.parse(id), { value: value });
      field.closest("details").open = true;
    });
  }
  function focusAgain() {
    var again = pressed && document.activeElement === document.body ? document.getElementById(pressed) : null;
    if (again && again.disabled) { again = again.parentElement.querySelector("button:not(:disabled)"); }
    if (!again) { return; }
    pressed = null;
    again.focus({ preventScroll: true });
  }
  new MutationObserver(function () { typeAgain(); focusAgain(); }).observe(document.documentElement, { childList: true, subtree: true });
})();
