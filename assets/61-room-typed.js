// What is typed in the room and not kept yet outlives a step to another item, a reload and a new sign-in; it stays in the browser's tab.
(function () {
  "use strict";
  var KEPT = "statroom-room-typed";
  var ACTION = ["action-what", "action-owner", "action-mail", "action-due"];
  var shown = null;

  function typed() {
    try { return JSON.parse(window.sessionStorage.getItem(KEPT)) || {}; } catch (error) { return {}; }
  }
  function keep(name, text) {
    var found = typed();
    if (text) { found[name] = text; } else { delete found[name]; }
    window.sessionStorage.setItem(KEPT, JSON.stringify(found));
  }
  function name(id) { return window.location.pathname.replace(/\/$/, "") + (id === "room-note" ? "#note-" + shown : "#" + id); }
  function put(id, text) { window.dash_clientside.set_props(id, { value: text }); }

  document.addEventListener("input", function (event) {
    var id = event.target instanceof Element && document.getElementById("room") ? event.target.id : "";
    if (id === "room-note" || ACTION.indexOf(id) >= 0) { keep(name(id), event.target.value); }
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.statroom = Object.assign(window.dash_clientside.statroom || {}, {
    /** An item is shown, or its note was kept. */
    typed_note: function (now) {
      var no = window.dash_clientside.no_update;
      if (!now) { return no; }
      shown = now.item;
      var text = typed()[name("room-note")];
      if (text === undefined) { return no; }
      if (text.trim() === now.note) { keep(name("room-note"), ""); } else { put("room-note", text); }
      return no;
    },
    /** The room is opened, or an action was kept. */
    typed_action: function (said) {
      ACTION.forEach(function (id) {
        if (said) { keep(name(id), ""); return; }
        var text = typed()[name(id)];
        if (text) { put(id, text); }
      });
      return window.dash_clientside.no_update;
    }
  });
})();
