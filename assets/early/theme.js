// Runs before anything is painted: the reader's choice of light or dark, else the system's.
(function () {
  "use strict";
  var root = document.documentElement;
  var kept = null;
  try { kept = window.localStorage.getItem("statroom-theme"); } catch (e) { kept = null; }
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  function show(name) { root.setAttribute("data-bs-theme", name); root.dataset.agThemeMode = name; }
  show(kept === "dark" || kept === "light" ? kept : system.matches ? "dark" : "light");
  system.addEventListener("change", function (event) { if (!kept) { show(event.matches ? "dark" : "light"); } });
  window.statroomTheme = {
    toggle: function () {
      kept = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
      try { window.localStorage.setItem("statroom-theme", kept); } catch (e) { /* a private window forgets */ }
      show(kept);
    }
  };
})();
