// A button with `data-copy` puts that text into the clipboard, and says so for a moment.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("button[data-copy]");
    if (!button) { return; }
    var before = button.textContent;
    function copied() {
      button.textContent = button.getAttribute("data-copied");
      window.setTimeout(function () { button.textContent = before; }, 2000);
    }
    function select() {
      // Without a clipboard (an address without https) the text is marked, ready to be copied by hand.
      var range = document.createRange();
      range.selectNodeContents(button.parentNode.querySelector("code"));
      window.getSelection().removeAllRanges();
      window.getSelection().addRange(range);
    }
    if (navigator.clipboard) { navigator.clipboard.writeText(button.getAttribute("data-copy")).then(copied, select); } else { select(); }
  });
})();
