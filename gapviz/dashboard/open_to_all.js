// What Streamlit leaves closed to screen readers and keys.

// It puts divs between the list of pages and its items, which makes no list: without the roles it is
// what it looks like, links below headings.
const NO_LIST = '[data-testid="stSidebarNavItems"], [data-testid="stSidebarNavItems"] li';
// Code that is wider than its box scrolls, and is to be scrolled by keys as well.
const CODE = '[data-testid="stCode"] pre';

function setOnce(parts, name, value) {
  for (const part of document.querySelectorAll(parts)) {
    if (part.getAttribute(name) !== value) part.setAttribute(name, value);
  }
}

export default function open() {
  const mend = () => {
    setOnce(NO_LIST, "role", "none");
    setOnce(CODE, "tabindex", "0");
  };
  mend();
  const seen = new MutationObserver(mend);
  seen.observe(document.body, { childList: true, subtree: true });
  return () => seen.disconnect();
}
