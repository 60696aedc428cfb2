// Pages opened from a folder (file:) may start no worker, and the search is one. There, its script
// runs in a hidden frame instead, and hears and answers as a worker would.
(() => {
  if (location.protocol !== "file:") return;

  const loaded = (frame, address) => new Promise((done, failed) => {
    const script = frame.contentDocument.createElement("script");
    script.src = address;
    script.onload = done;
    script.onerror = failed;
    frame.contentDocument.head.append(script);
  });

  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.ready = new Promise((done) => {
        this.frame.addEventListener("load", done, { once: true });
      }).then(() => {
        const inside = this.frame.contentWindow;
        inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
        inside.importScripts = (...sources) => sources.reduce(
          (before, one) => before.then(() => loaded(this.frame, new URL(one, address).href)),
          Promise.resolve(),
        );
        return loaded(this.frame, address);
      });
      document.body.append(this.frame);
    }

    postMessage(data) {
      this.ready.then(() => {
        const inside = this.frame.contentWindow;
        inside.dispatchEvent(new inside.MessageEvent("message", { data }));
      });
    }

    terminate() {
      this.frame.remove();
    }
  };
})();
