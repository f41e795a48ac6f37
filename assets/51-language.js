// One page is in one language from its opening on: what it asks for later names that language, and its switch keeps the address.
(function () {
  "use strict";

  /** `address` of ours with its language named. */
  function inLanguage(address, code) {
    var made = new URL(address, window.location.href);
    made.searchParams.set("lang", code);
    return made.pathname + made.search + made.hash;
  }

  var fetched = window.fetch;
  window.fetch = function (what, how) {
    // Only a page that is there in several languages says so in its head.
    var ours = typeof what === "string" && document.querySelector("link[hreflang]") && new URL(what, window.location.href).pathname.indexOf("/_dash-") === 0;
    return fetched.call(window, ours ? inLanguage(what, document.documentElement.lang) : what, how);
  };

  // Filters change the address without a word, so the link is made when it is about to be followed, looked at or copied.
  ["focusin", "pointerover", "pointerdown", "click"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var link = event.target instanceof Element ? event.target.closest("a.language") : null;
      if (link) { link.setAttribute("href", inLanguage(window.location.href, link.hreflang)); }
    }, true);
  });
})();
