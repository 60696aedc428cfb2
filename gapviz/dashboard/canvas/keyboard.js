// The picture by keys: arrows move it, + and − zoom, Shift with an arrow goes from point to point.

const PAN = 0.12;
const ZOOM = 1.25;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export function pressed(event, canvas, plot) {
  if (event.altKey || !plot.cloud) return;
  const way = WAYS[event.key];
  if (way && event.shiftKey) step(canvas, plot, way);
  else if (way) canvas.pan(PAN * way[0], PAN * way[1]);
  else if (event.key === "+" || event.key === "=") canvas.zoom(1 / ZOOM);
  else if (event.key === "-") canvas.zoom(ZOOM);
  else if (event.key === "0" || event.key === "Home") canvas.home();
  else if ((event.key === "Enter" || event.key === " ") && plot.cursor != null) {
    plot.handlers.picked(plot.cursor, event.ctrlKey || event.metaKey);
  } else if (event.key.toLowerCase() === "a" && !event.ctrlKey && !event.metaKey) {
    canvas.selectInView(plot, event.shiftKey);
  } else if (event.key === "Escape") {
    if (!canvas.card.hide()) canvas.send({ clear: true });
    plot.cursor = null;
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

// To the nearest point that lies that way; at first to the selected one, or the one in the middle.
function step(canvas, plot, way) {
  const from = plot.cursor ?? plot.selected.points.find((point) => plot.spot(point));
  const found = from == null ? nearest(plot, middle(plot)) : nearest(plot, at(plot, from), way);
  if (found == null) return;
  plot.cursor = found;
  if (!plot.spot(found)) center(canvas, plot, found);
  canvas.card.show(plot, found);
}

const at = ({ cloud }, point) => [cloud.x[point], cloud.y[point]];

function middle(plot) {
  const { x, y } = plot.span();
  return [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2];
}

function center(canvas, plot, point) {
  const [x, y] = at(plot, point);
  const [here, there] = middle(plot);
  const span = plot.span();
  canvas.pan((x - here) / (span.x[1] - span.x[0]), (y - there) / (span.y[1] - span.y[0]));
}

// Within 45° of the way, where there is one.
function nearest({ cloud, hidden }, [x, y], way = null) {
  let best = null;
  let least = Infinity;
  for (let i = 0; i < cloud.n; i++) {
    const dx = cloud.x[i] - x;
    const dy = cloud.y[i] - y;
    const distance = dx * dx + dy * dy;
    if (distance >= least || hidden?.has(cloud.code[i])) continue;
    if (way) {
      const along = dx * way[0] + dy * way[1];
      const aside = Math.abs(dx * way[1] + dy * way[0]);
      if (along <= 0 || aside > along) continue;
    }
    least = distance;
    best = i;
  }
  return best;
}
