// The browser's side of components/plain_table.py: a table drawn by React at once. Text stays text; addresses are followed without a reload.
(function () {
  "use strict";

  function follow(event) {
    var address = event.currentTarget.getAttribute("href");
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !/^\/(?!\/)/.test(address)) { return; }
    event.preventDefault();
    window.history.pushState({}, "", address);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  function PlainTable(props) {
    var make = window.React.createElement;
    function side(i) { return props.columns[i].end ? "text-end" : undefined; }
    function cell(value, i) {
      var content = Array.isArray(value) ? make("a", { href: value[1], onClick: follow }, value[0]) : value;
      return i === 0 ? make("th", { key: i, scope: "row", className: side(i) }, content) : make("td", { key: i, className: side(i) }, content);
    }
    return make("table", { className: "figures table table-sm table-hover" },
      props.caption ? make("caption", null, props.caption) : null,
      make("thead", null, make("tr", null, props.columns.map(function (column, i) {
        return make("th", { key: i, scope: "col", className: side(i) }, column.label);
      }))),
      make("tbody", null, props.rows.map(function (row, i) { return make("tr", { key: i }, row.map(cell)); })));
  }

  window.statroom_ui = Object.assign({}, window.statroom_ui, { PlainTable: PlainTable });
})();
