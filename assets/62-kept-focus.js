// A row's button that fills its list again is put in place anew; who pressed it by keyboard stays on it.
(function () {
  "use strict";
  var LISTS = "#meeting-body, .meet-column";
  var pressed = null;
  document.addEventListener("click", function (event) {
    var button = event.target instanceof Element ? event.target.closest("button[id]") : null;
    pressed = button && button.closest(LISTS) ? button.id : null;
  });
  new MutationObserver(function () {
    if (!pressed || document.activeElement !== document.body) { return; }
    var again = document.getElementById(pressed);
    if (again && again.disabled) { again = again.parentElement.querySelector("button:not(:disabled)"); }
    if (!again) { return; }
    pressed = null;
    again.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
