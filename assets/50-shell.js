// The frame of the page: menus, theme, and following a click in a figure. No data is handled here.
(function () {
  "use strict";

  // Dash puts the page's parts in place after this runs, so clicks are caught on the way up.
  document.addEventListener("click", function (event) {
    var target = event.target instanceof Element ? event.target : null;
    if (!target) { return; }
    if (target.closest("#theme-toggle")) { window.statroomTheme.toggle(); }
    toggleOn(target, "#nav-toggle", "nav-links");
    toggleOn(target, "#filters-toggle", "filters-body");
    if (target.closest(".nav-links a")) { setOpen("nav-links", "#nav-toggle", false); }
    document.querySelectorAll("details.viewer-menu[open]").forEach(function (menu) {
      if (!menu.contains(target)) { menu.removeAttribute("open"); }
    });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    document.querySelectorAll("details.viewer-menu[open]").forEach(function (menu) { menu.removeAttribute("open"); });
    setOpen("nav-links", "#nav-toggle", false);
  });

  // A filter form is read as it changes; Enter in a field must not reload the page.
  document.addEventListener("submit", function (event) {
    if (event.target instanceof HTMLFormElement && event.target.id === "filters") { event.preventDefault(); }
  });

  function toggleOn(target, button, id) {
    if (target.closest(button)) { setOpen(id, button, !document.getElementById(id).classList.contains("is-open")); }
  }

  function setOpen(id, button, open) {
    var part = document.getElementById(id);
    var control = document.querySelector(button);
    if (part) { part.classList.toggle("is-open", open); }
    if (control) { control.setAttribute("aria-expanded", String(open)); }
  }

  /** Go to an address of this application without loading everything again, as Dash's own links do. */
  function go(address) {
    window.history.pushState({}, "", address);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }
  window.statroomGo = go;

  // The script of work lists is large, and most pages have none: it comes with the first one.
  var grid = null;
  function gridLoaded() {
    grid = grid || new Promise(function (done) {
      var script = document.createElement("script");
      script.src = window.statroomGrid;
      script.onload = script.onerror = done;
      document.head.appendChild(script);
    });
    return grid;
  }

  // Who was signed out meanwhile is sent to sign in, and comes back to this page.
  var fetched = window.fetch;
  window.fetch = function () {
    return fetched.apply(window, arguments).then(function (answer) {
      var ours = new URL(answer.url, window.location.href).pathname === "/_dash-update-component";
      // Who asked too often is told so in the words of the answer.
      if (ours && answer.status === 429) {
        answer.clone().text().then(function (words) { window.dash_clientside.set_props("notice", { children: words, hidden: false }); });
      }
      if (ours && answer.headers.get("X-Needs") === "grid") { return gridLoaded().then(function () { return answer; }); }
      if (ours && answer.status === 401) { window.location.assign("/sign-in?next=" + encodeURIComponent(window.location.pathname + window.location.search)); }
      return answer;
    });
  };

  // Filters write the address without telling Dash's router, which would build the page again. So on the way back to the
  // address it was opened with the router sees no change: then it is told.
  function here() { return window.location.pathname + window.location.search; }
  var routed = here();
  var shown = here();
  var push = window.history.pushState;
  window.history.pushState = function () { push.apply(window.history, arguments); shown = here(); };
  window.addEventListener("_dashprivate_pushstate", function () { routed = here(); });
  window.addEventListener("popstate", function () {
    // A jump within the page comes here too, and moves nowhere.
    var moved = here() !== shown;
    if (moved && here() === routed) { window.dash_clientside.set_props("_pages_location", { search: window.location.search }); }
    shown = routed = here();
  });

  // A page arrives after its address: what the address points at is shown when it is there.
  var wanted = "";
  function showTarget() {
    var part = wanted && document.getElementById(decodeURIComponent(wanted.slice(1)));
    if (!part) { return; }
    wanted = "";
    for (var box = part.closest("details:not([open])"); box; box = box.parentElement.closest("details:not([open])")) { box.open = true; }
    part.scrollIntoView();
    part.classList.add("is-target");
    // What stands above it is still being drawn: it is held in view until that is over or the reader moves.
    held = part;
    window.setTimeout(letGo, 5000);
  }
  var held = null;
  function letGo() { held = null; }
  ["wheel", "touchmove", "keydown", "pointerdown"].forEach(function (name) { window.addEventListener(name, letGo, { passive: true }); });
  new ResizeObserver(function () { if (held) { held.scrollIntoView(); } }).observe(document.body);
  function wantTarget() { wanted = window.location.hash; showTarget(); }
  new MutationObserver(showTarget).observe(document.documentElement, { childList: true, subtree: true });
  window.addEventListener("_dashprivate_pushstate", wantTarget);
  window.addEventListener("hashchange", wantTarget);
  wantTarget();

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    statroom: {
      /** A point of a figure that carries an address of ours was clicked: go there. */
      open_clicked: function (clicked) {
        var point = clicked && clicked.points && clicked.points[0];
        var address = point && (Array.isArray(point.customdata) ? point.customdata[0] : point.customdata);
        if (typeof address === "string" && address.charAt(0) === "/" && address.charAt(1) !== "/") { go(address); }
        return window.dash_clientside.no_update;
      }
    }
  });
})();
