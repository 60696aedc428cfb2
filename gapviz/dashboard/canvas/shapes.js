// Shapes of the modalities by their number, in a box from -1 to 1, as the points are drawn.

export const SHAPES = [
  "M-.85,0A.85,.85,0,1,0,.85,0A.85,.85,0,1,0,-.85,0Z",
  "M0,-1L1,0L0,1L-1,0Z",
  "M-.76,-.76H.76V.76H-.76Z",
  "M0,-1L1,.85H-1Z",
  "M-.34,-1H.34V-.34H1V.34H.34V1H-.34V.34H-1V-.34H-.34Z",
  "M-1,-.55L-.55,-1L0,-.45L.55,-1L1,-.55L.45,0L1,.55L.55,1L0,.45L-.55,1L-1,.55L-.45,0Z",
];

export function svg(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

// A dark and a light stroke together stand out on any ground and any point colour.
export const twice = (shape, attributes) =>
  ["halo", "stroke"].map((kind) => svg(shape, { class: kind, ...attributes }));
