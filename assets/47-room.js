// The room: steps through the agenda by keyboard, keeps the time, shows figures large, and leads back from where one looked further.
(function () {
  "use strict";
  var ROOM = /^\/meeting\/(\d+)\/room$/;
  var KEPT = "statroom-room";

  function room() { return document.getElementById("room"); }
  function path() { return window.location.pathname.replace(/\/$/, ""); }
  function meeting() { var found = ROOM.exec(path()); return found ? found[1] : null; }
  function steps() { return Array.prototype.slice.call(document.querySelectorAll("#room-strip a[data-item]")); }
  function shown() { return document.querySelector("#room-strip .is-shown a[data-item]"); }

  function kept() {
    try { return JSON.parse(window.sessionStorage.getItem(KEPT)) || {}; } catch (error) { return {}; }
  }
  function keep(state) { window.sessionStorage.setItem(KEPT, JSON.stringify(state)); }

  // Steps

  function show(item) {
    spend();
    window.history.replaceState(window.history.state, "", path() + "?item=" + item);
    window.dash_clientside.set_props("notice", { hidden: true });
    window.dash_clientside.set_props("room-item", { data: String(item) });
  }

  function move(way) {
    if (aloud(way)) { return; }
    var all = steps(), at = all.indexOf(shown()), to = all[at + way];
    if (to) { show(to.dataset.item); to.focus({ preventScroll: false }); }
  }

  /** At the actions one is read after the other; answers whether there was one in that direction. */
  function aloud(way) {
    var list = document.querySelectorAll("#room #aloud > li"), at = 0;
    if (!list.length) { return false; }
    list.forEach(function (one, n) { if (one.classList.contains("is-read")) { at = n; } });
    var to = list[at + way];
    if (!to) { return false; }
    list.forEach(function (one) { one.classList.toggle("is-read", one === to); });
    return true;
  }

  // Time

  function state() {
    var found = kept();
    if (found.meeting !== meeting()) { found = { meeting: meeting(), all: 0, items: {}, since: null }; }
    return found;
  }
  /** Put the time that has gone by to the item that is shown. */
  function spend() {
    if (!meeting()) { return; }
    var now = Date.now(), found = state(), at = shown();
    if (found.since) {
      var seconds = (now - found.since) / 1000;
      found.all += seconds;
      if (at) { found.items[at.dataset.item] = (found.items[at.dataset.item] || 0) + seconds; }
      found.since = now;
    }
    found.address = path() + window.location.search;
    keep(found);
  }
  function toggleClock() {
    spend();
    var found = state();
    found.since = found.since ? null : Date.now();
    keep(found);
    tick();
  }
  function said(seconds, minutes) {
    var whole = Math.max(0, Math.floor(seconds)), left = whole % 60;
    return Math.floor(whole / 60) + ":" + (left < 10 ? "0" : "") + left + " of " + minutes + " min";
  }
  function put(id, seconds, minutes, runs) {
    var part = document.getElementById(id);
    if (!part) { return; }
    var text = said(seconds, minutes);
    if (part.textContent !== text) { part.textContent = text; }
    part.classList.toggle("is-over", seconds > minutes * 60);
    part.classList.toggle("is-stopped", !runs);
  }
  function tick() {
    if (!meeting() || !shown()) { return; }
    var found = state(), at = shown(), since = found.since ? (Date.now() - found.since) / 1000 : 0;
    put("room-item-clock", (found.items[at.dataset.item] || 0) + since, at.dataset.minutes, found.since);
    put("room-clock", found.all + since, at.dataset.whole, found.since);
  }
  window.setInterval(function () { if (meeting()) { tick(); } }, 500);

  // Keys and clicks

  function isTyping(target) { return target.closest("input, textarea, select, [contenteditable]"); }
  function help(open) {
    var dialog = document.getElementById("room-help");
    if (!dialog || dialog.open === open) { return; }
    if (open) { dialog.showModal(); } else { dialog.close(); }
  }
  function focusOn(id) {
    var part = document.getElementById(id);
    if (part) { part.focus(); part.scrollIntoView({ block: "nearest" }); }
  }

  document.addEventListener("keydown", function (event) {
    var target = event.target instanceof Element ? event.target : document.body;
    if (!room() || !meeting() || event.ctrlKey || event.metaKey || event.altKey) { return; }
    var dialog = document.getElementById("room-help");
    if (isTyping(target)) {
      if (event.key === "Escape") { target.blur(); event.stopPropagation(); }
      return;
    }
    if (event.key === "?") { help(!dialog.open); event.preventDefault(); return; }
    if (dialog.open) { return; }
    var isButton = target.closest("button, summary, a");
    if (event.key === "ArrowRight" || (event.key === " " && !isButton)) { move(1); event.preventDefault(); }
    else if (event.key === "ArrowLeft") { move(-1); event.preventDefault(); }
    else if (event.key === "Escape") { document.getElementById("room-leave").click(); }
    else if (event.key === "a" || event.key === "A") { focusOn("action-what"); event.preventDefault(); }
    else if (event.key === "n" || event.key === "N") { focusOn("room-note"); event.preventDefault(); }
    else if (event.key === "s" || event.key === "S") { toggleClock(); event.preventDefault(); }
  });

  document.addEventListener("click", function (event) {
    var target = event.target instanceof Element ? event.target : null;
    if (!target || !room()) { if (target) { leaveFor(target); } return; }
    var step = target.closest("#room-strip a[data-item]");
    if (step && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); show(step.dataset.item); return; }
    if (target.closest("#room-next")) { move(1); }
    if (target.closest("#room-back")) { move(-1); }
    if (target.closest("#room-clock-toggle")) { toggleClock(); }
    if (target.closest("#room-help-toggle")) { help(true); }
    if (target.closest("#room-help-close")) { help(false); }
    if (target.closest("#room-leave")) { forget(); } else if (target.closest("a[href], .js-plotly-plot")) { remember(); }
  }, true);

  // The way back

  function remember() { spend(); var found = state(); found.away = true; keep(found); }
  function forget() { spend(); var found = kept(); found.away = false; keep(found); back(); }
  function leaveFor(target) { if (target.closest("#back-to-room")) { var found = kept(); found.away = false; keep(found); } }
  function back() {
    var found = kept(), link = document.getElementById("back-to-room"), due = Boolean(found.away && found.address && !meeting());
    if (!due) { if (link) { link.remove(); } return; }
    if (link) { return; }
    link = document.createElement("a");
    link.id = "back-to-room";
    link.href = found.address;
    link.textContent = "← Back to the room";
    link.addEventListener("click", function (event) { event.preventDefault(); leaveFor(link); window.statroomGo(found.address); back(); });
    document.body.insertBefore(link, document.body.firstChild);
  }
  window.addEventListener("_dashprivate_pushstate", function () { window.setTimeout(back, 0); });
  window.addEventListener("popstate", function () { window.setTimeout(back, 0); });
  back();

  // Large figures, and the first action to be read

  function large() {
    if (!room()) { return; }
    var wide = window.innerWidth >= 1000, size = window.innerWidth >= 1700 ? 19 : 16;
    var plots = document.querySelectorAll("#room-stage .js-plotly-plot");
    plots.forEach(function (plot) {
      if (!wide || !window.Plotly || !plot._fullLayout || plot._statroomLarge === plot.data) { return; }
      plot._statroomLarge = plot.data;
      var high = Math.max(plot._fullLayout.height, window.innerHeight - (plots.length > 1 ? 520 : 430));
      var change = { "font.size": size, "height": high };
      ["xaxis", "yaxis"].forEach(function (axis) {
        if (!plot._fullLayout[axis]) { return; }
        change[axis + ".tickfont.size"] = size;
        change[axis + ".title.font.size"] = size;
      });
      (plot._fullLayout.annotations || []).forEach(function (_one, at) { change["annotations[" + at + "].font.size"] = size - 2; });
      var box = plot.closest(".dash-graph") || plot;
      box.style.height = high + "px";
      window.Plotly.update(plot, { "textfont.size": size - 2 }, change);
    });
    var list = document.querySelectorAll("#room #aloud > li");
    if (list.length && !document.querySelector("#aloud > .is-read")) { list[0].classList.add("is-read"); }
  }
  var due = null;
  new MutationObserver(function () {
    if (due || !room()) { return; }
    due = window.setTimeout(function () { due = null; large(); }, 60);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
