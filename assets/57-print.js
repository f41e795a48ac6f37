// Before a page is printed its charts are drawn as wide as the paper, and its address is written below; after it all is as before.
(function () {
  "use strict";
  var PAPER = 660;
  var root = document.documentElement, theme = null;
  function drawn(width) {
    if (!window.Plotly) { return; }
    document.querySelectorAll(".js-plotly-plot").forEach(function (plot) {
      if (!plot._fullLayout || !plot.offsetParent) { return; }
      if (width) { window.Plotly.relayout(plot, { width: width, autosize: false }); } else { window.Plotly.relayout(plot, { width: null, autosize: true }); }
    });
  }
  window.addEventListener("beforeprint", function () {
    var place = document.getElementById("print-address");
    if (place) { place.textContent = window.location.href; }
    theme = root.getAttribute("data-bs-theme");
    root.setAttribute("data-bs-theme", "light");
    drawn(PAPER);
  });
  window.addEventListener("afterprint", function () {
    if (theme) { root.setAttribute("data-bs-theme", theme); }
    drawn(0);
  });
})();
