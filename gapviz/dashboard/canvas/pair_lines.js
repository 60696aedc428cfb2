// Thin lines between the points of matched pairs, below the points.

const COLOR = [0.5, 0.5, 0.5];

export class PairLines {
  constructor(renderer) {
    this.renderer = renderer;
    this.buffers = new Map();
    this.hidden = false;
    this.command = renderer.regl({
      vert: `
        precision highp float;
        attribute vec2 position;
        uniform vec4 camera;
        uniform vec2 ratio;
        void main() {
          gl_Position = vec4((camera.xy * position + camera.zw) * ratio, 0.0, 1.0);
        }`,
      frag: `
        precision highp float;
        uniform vec4 color;
        void main() { gl_FragColor = color; }`,
      attributes: { position: renderer.regl.prop("buffer") },
      uniforms: {
        camera: renderer.regl.prop("camera"),
        ratio: renderer.regl.prop("ratio"),
        color: renderer.regl.prop("color"),
      },
      blend: {
        enable: true,
        func: {
          srcRGB: "src alpha",
          srcAlpha: "one",
          dstRGB: "one minus src alpha",
          dstAlpha: "one minus src alpha",
        },
      },
      depth: { enable: false },
      primitive: "lines",
      count: renderer.regl.prop("count"),
    });
  }

  // Lines of each cloud, or none.
  show(ends, clouds, frame) {
    if (this.ends === ends && this.clouds === clouds) return;
    Object.assign(this, { ends, clouds, turn: (this.turn ?? 0) + 1 });
    for (const buffer of this.buffers.values()) buffer.destroy();
    this.buffers = new Map();
    if (!ends) return;
    for (const cloud of new Set(clouds)) {
      const path = new Float32Array(2 * ends.length);
      ends.forEach((point, place) => {
        path[2 * place] = (cloud.x[point] - frame.x) / frame.scale;
        path[2 * place + 1] = (cloud.y[point] - frame.y) / frame.scale;
      });
      this.buffers.set(cloud, this.renderer.regl.buffer(path));
    }
  }

  hide(hidden) {
    this.hidden = hidden;
  }

  draw(plot) {
    const target = plot.linesCanvas;
    const [width, height] = [plot.canvas.width, plot.canvas.height];
    if (target.width !== width || target.height !== height) Object.assign(target, { width, height });
    const buffer = this.buffers.get(plot.cloud);
    // Moving points would leave them behind.
    const drawn = buffer && !plot.moving && !this.hidden;
    const { view } = plot.scatter.get("camera");
    // What stands there already need not be drawn again.
    const now = drawn ? [this.turn, width, height, ...view].join() : "";
    if ((target.dataset.drawn ?? "") === now) return;
    target.dataset.drawn = now;
    if (!drawn) return target.getContext("2d").clearRect(0, 0, width, height);
    const whole = this.renderer.canvas;
    const count = this.ends.length;
    this.renderer.render(
      () =>
        this.command({
          buffer,
          count,
          camera: [view[0], view[5], view[12], view[13]],
          ratio: [((width / whole.width) * height) / width, height / whole.height],
          // The more lines, the fainter, so that the points stay readable.
          color: [...COLOR, Math.min(0.5, Math.max(0.06, 200 / count))],
        }),
      target,
    );
  }
}
