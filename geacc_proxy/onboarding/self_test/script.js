/* The self-test, in the browser of the device that is to be protected.
 *
 * The page, http://geacc.internal/self-test, has an element [data-self-test] with
 *   data-ping="https://geacc.internal/self-test/ping"   the same host over TLS
 *   data-malign-pixels, data-benign-pixels              the first pixels of the originals, hexadecimal RGB, 8 of them
 *   data-malign-length, data-benign-length              bytes of the originals
 * (geacc_proxy.onboarding.self_test.facts() has these), and inside it
 *   [data-check="proxy|certificate|filter|quic|doh"]    with data-wait, data-yes, data-no, data-unknown (and data-off
 *                                                       for filter): the words for each state, translated by the page
 *   [data-verdict]                                      with data-wait, data-well, data-bad, data-partial; the page
 *                                                       gives it role="status", so that it is read out
 *   [data-again]                                        a button that starts anew; may be absent
 * Words go into the element's [data-words] where it has one, else into itself; data-state has the state, for the style.
 *
 * Endpoints, all with Cache-Control: no-store:
 *   /self-test/state.json    {"through_proxy": bool, "filtering": bool, "doh_refused": bool, ...}
 *   /self-test/malign.png, /self-test/benign.png   by way of the filter, as any site's pictures
 *   data-ping                any 2xx with Access-Control-Allow-Origin for the page and Timing-Allow-Origin: *
 * Content-Security-Policy: script-src 'self'; connect-src 'self' https://geacc.internal; img-src 'self' data:
 */
(function () {
  "use strict";

  var PATIENCE_MS = 20000;
  var DIFFERENT = 24; /* of 255, mean over channels: more than any browser's rounding or noise on canvases */

  var root = document.querySelector("[data-self-test]");
  if (!root) return;

  function say(element, state) {
    if (!element) return;
    element.setAttribute("data-state", state);
    (element.querySelector("[data-words]") || element).textContent = element.getAttribute("data-" + state) || "";
  }

  function check(name) {
    return root.querySelector('[data-check="' + name + '"]');
  }

  function load(url, options) {
    var stop = new AbortController();
    var timer = setTimeout(function () { stop.abort(); }, PATIENCE_MS);
    var wanted = Object.assign({ cache: "no-store", credentials: "same-origin", signal: stop.signal }, options);
    return fetch(url, wanted).then(function (response) {
      if (!response.ok) throw new Error("status " + response.status);
      return response.arrayBuffer();
    }).finally(function () { clearTimeout(timer); });
  }

  function state() {
    return load("/self-test/state.json").then(function (body) {
      return JSON.parse(new TextDecoder().decode(body));
    }).catch(function () { return null; });
  }

  function byFlag(told, flag) {
    if (!told || typeof told[flag] !== "boolean") return "unknown";
    return told[flag] ? "yes" : "no";
  }

  /* What did not come through the proxy cannot be told of by the way that it came. */
  function unlessPast(said, found) {
    return found === "no" && said && said.through_proxy === false ? "unknown" : found;
  }

  function certificate() {
    /* A certificate that is not trusted looks like any other failure to a script; that is what it means here. */
    return load(root.getAttribute("data-ping"), { mode: "cors", credentials: "omit" }).then(
      function () { return "yes"; },
      function () { return "no"; }
    );
  }

  function quic(trusted) {
    if (trusted !== "yes") return "unknown";
    var entries = performance.getEntriesByName(new URL(root.getAttribute("data-ping"), location.href).href);
    var protocol = entries.length ? entries[entries.length - 1].nextHopProtocol : "";
    if (!protocol) return "unknown";
    return /^h3|^hq|quic/.test(protocol) ? "no" : "yes";
  }

  function difference(shown, original) {
    var wanted = original.split(",");
    var sum = 0;
    for (var pixel = 0; pixel < wanted.length; pixel += 1) {
      for (var channel = 0; channel < 3; channel += 1) {
        sum += Math.abs(shown[4 * pixel + channel] - parseInt(wanted[pixel].slice(2 * channel, 2 * channel + 2), 16));
      }
    }
    return sum / wanted.length / 3;
  }

  function picture(name) {
    return load("/self-test/" + name + ".png").then(function (body) {
      return new Promise(function (resolve, reject) {
        var image = new Image();
        var reader = new FileReader();
        image.onload = function () {
          var original = root.getAttribute("data-" + name + "-pixels");
          var count = original.split(",").length;
          var canvas = document.createElement("canvas");
          canvas.width = count;
          canvas.height = 1;
          var context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          /* What is shown comes as it was, byte for byte; whatever has other bytes or other colours is a stand-in. */
          resolve(
            body.byteLength === Number(root.getAttribute("data-" + name + "-length")) &&
            difference(context.getImageData(0, 0, count, 1).data, original) < DIFFERENT
          );
        };
        image.onerror = function () { reject(new Error("no picture")); };
        reader.onload = function () { image.src = reader.result; };
        reader.onerror = image.onerror;
        reader.readAsDataURL(new Blob([body], { type: "image/png" }));
      });
    });
  }

  function filter(told) {
    return Promise.all([picture("malign"), picture("benign")]).then(function (shown) {
      if (!shown[0]) return shown[1] ? "yes" : "unknown";
      return told && told.filtering === false ? "off" : "no";
    }).catch(function () { return "unknown"; });
  }

  function verdict(states) {
    if (states.indexOf("no") >= 0) return "bad";
    return states.every(function (one) { return one === "yes"; }) ? "well" : "partial";
  }

  function run() {
    var names = ["proxy", "certificate", "filter", "quic", "doh"];
    names.forEach(function (name) { say(check(name), "wait"); });
    say(root.querySelector("[data-verdict]"), "wait");

    function told(name, result) {
      return result.then(function (found) { say(check(name), found); return found; });
    }

    var heard = state();
    var trusted = told("certificate", Promise.all([heard, certificate()]).then(function (both) {
      return unlessPast(both[0], both[1]);
    }));
    Promise.all([
      /* Whoever reads this page without the proxy has it from the pages' own port. */
      told("proxy", heard.then(function (said) { return said ? byFlag(said, "through_proxy") : "no"; })),
      trusted,
      told("filter", heard.then(filter)),
      told("quic", trusted.then(quic)),
      told("doh", heard.then(function (said) { return unlessPast(said, byFlag(said, "doh_refused")); }))
    ]).then(function (states) { say(root.querySelector("[data-verdict]"), verdict(states)); });
  }

  var again = root.querySelector("[data-again]");
  if (again) again.addEventListener("click", run);
  run();
})();
