// Streamlit makes a module of this text; what draws is served as files, which browsers keep.

const instances = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  let instance = instances.get(parentElement);
  if (!instance) {
    instance = { canvas: null, component, removed: false };
    instances.set(parentElement, instance);
    import(new URL(data.module, document.baseURI).href).then(
      ({ PointCanvas }) => {
        if (instance.removed) return;
        instance.canvas = new PointCanvas(parentElement);
        instance.canvas.update(instance.component);
      },
      () => {
        const sentence = parentElement.querySelector(".sentence");
        sentence.textContent = "The server does not answer. Reload the page.";
        sentence.hidden = false;
      },
    );
  }
  instance.component = component;
  instance.canvas?.update(component);
  return () => {
    instance.removed = true;
    instance.canvas?.remove();
    instances.delete(parentElement);
  };
}
