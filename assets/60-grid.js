// Work lists: a case's cell is a link, made by React from plain values; Enter opens it.
(function () {
  "use strict";

  /** An address of this application, and of nowhere else. */
  function own(address) {
    return typeof address === "string" && address.charAt(0) === "/" && address.charAt(1) !== "/";
  }

  function StatroomCase(props) {
    var row = props.data;
    if (!row || !own(row.href)) { return props.value == null ? "" : String(props.value); }
    return window.React.createElement("a", {
      href: row.href,
      tabIndex: -1,
      onClick: function (event) {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) { return; }
        event.preventDefault();
        window.statroomGo(row.href);
      }
    }, String(props.value));
  }

  // The grid moves its focus from cell to cell; Enter on a row opens its case.
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || !(event.target instanceof Element)) { return; }
    var cell = event.target.closest(".cases-grid .ag-cell");
    var grid = cell && cell.closest(".cases-grid");
    var row = cell && cell.closest(".ag-row");
    var link = row && grid.querySelector('.ag-row[row-index="' + row.getAttribute("row-index") + '"] a[href]');
    if (link) { link.click(); }
  });

  /** The first rows are there: the grid is called what the list is called, and ids are as long as the city makes them. */
  function statroomReady(params) {
    params.api.setGridAriaProperty("label", params.context.label);
    params.api.autoSizeColumns(["source_id"]);
  }

  window.dashAgGridFunctions = Object.assign({}, window.dashAgGridFunctions, { statroomReady: statroomReady });
  window.dashAgGridComponentFunctions = Object.assign({}, window.dashAgGridComponentFunctions, { StatroomCase: StatroomCase });
})();
