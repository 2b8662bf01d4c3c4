// Runs in the head, before anything is drawn.
(function () {
  "use strict";
  var root = document.documentElement;

  // Light or dark as remembered, else as the system has it: set before the first paint, so nothing flashes.
  var chosen = null;
  try {
    chosen = window.localStorage.getItem("mantine-color-scheme-value");
  } catch (_refused) {
    // A browser that refuses storage follows the system.
  }
  var dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  root.setAttribute("data-mantine-color-scheme", chosen === "dark" || chosen === "light" ? chosen : dark ? "dark" : "light");

  // Our security policy takes style elements only with the nonce of this page. The libraries that insert some while
  // they run know nothing of it, so it is given to each as it is made.
  var meta = document.querySelector('meta[name="csp-nonce"]');
  var nonce = meta ? meta.getAttribute("content") : "";
  var make = document.createElement;
  document.createElement = function (name, options) {
    var element = make.call(document, name, options);
    if (String(name).toLowerCase() === "style") {
      element.setAttribute("nonce", nonce);
    }
    return element;
  };

  window.dashMantineFunctions = window.dashMantineFunctions || {};
  window.dashMantineFunctions.styleNonce = function () {
    return nonce;
  };
})();
