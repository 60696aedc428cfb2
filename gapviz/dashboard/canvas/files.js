// What the server sends of a cloud, each file once.

const kept = new Map();
const MOST_KEPT = 8;

// `{ n, x, y, code }`: float32, float32 and uint8 columns of n points.
export function cloudAt(url, n) {
  return fetched(url, (bytes) => {
    if (bytes.byteLength !== 9 * n) throw new Error(`${url} has ${bytes.byteLength} bytes`);
    return {
      n,
      x: new Float32Array(bytes, 0, n),
      y: new Float32Array(bytes, 4 * n, n),
      code: new Uint8Array(bytes, 8 * n, n),
    };
  });
}

// Both ends of every line, as numbers of points.
export const pairsAt = (url) => fetched(url, (bytes) => new Uint32Array(bytes));

// Of every point the position of its item, or what says that it has no picture.
export const itemsAt = (url, n) =>
  fetched(url, (bytes) => {
    if (bytes.byteLength !== 4 * n) throw new Error(`${url} has ${bytes.byteLength} bytes`);
    return new Uint32Array(bytes);
  });

// What is told of one point: `{ item, points }`, the points being all of the item.
export const ownerAt = (url) =>
  fetch(url).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)));

function fetched(url, read) {
  let file = kept.get(url);
  if (!file) {
    file = fetch(url)
      .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
      .then(read);
    // A failed answer is not kept, so that the next visit asks again.
    file.catch(() => kept.delete(url));
    kept.set(url, file);
    for (const old of kept.keys()) if (kept.size > MOST_KEPT) kept.delete(old);
  }
  return file;
}
