// Until Dash's page stands, what the server painted is shown in its place. What the page brought with it is not asked for again.
(function () {
  "use strict";

  var part = document.getElementById("early-answers");
  var early = part ? JSON.parse(part.textContent) : {};
  var opened = [window.location.pathname, window.location.search];

  function answered(content) {
    return Promise.resolve(new Response(JSON.stringify(content), { status: 200, headers: { "Content-Type": "application/json" } }));
  }

  /** What came with the page for this request, once; else nothing. */
  function brought(address, options) {
    // A page that is there in several languages names its own in what it asks.
    var name = address.split("?")[0];
    if (options && options.method === "POST") {
      var sent = name === "/_dash-update-component" && early.page ? JSON.parse(options.body) : {};
      var values = (sent.inputs || []).map(function (one) { return one.value || ""; });
      if ((sent.output || "").indexOf("_pages_content") < 0 || values[0] !== opened[0] || values[1] !== opened[1]) { return null; }
      name = "page";
    }
    if (!early[name]) { return null; }
    var content = early[name];
    delete early[name];
    return answered(content);
  }

  var fetched = window.fetch;
  window.fetch = function (address, options) {
    return (typeof address === "string" && brought(address, options)) || fetched.apply(window, arguments);
  };

  var painted = document.getElementById("first-paint");
  var watching = painted && new MutationObserver(function () {
    if (!document.querySelector("#_pages_content > *")) { return; }
    watching.disconnect();
    painted.remove();
  });
  if (watching) { watching.observe(document.getElementById("react-entry-point"), { childList: true, subtree: true }); }
})();
