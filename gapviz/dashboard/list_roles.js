// Streamlit puts divs between the list of pages and its items, which is no list to a screen reader:
// without the roles, it is what it looks like, links below headings.

const PARTS = '[data-testid="stSidebarNavItems"], [data-testid="stSidebarNavItems"] li';

export default function mend() {
  const plain = () => {
    for (const part of document.querySelectorAll(PARTS)) {
      if (part.getAttribute("role") !== "none") part.setAttribute("role", "none");
    }
  };
  plain();
  const seen = new MutationObserver(plain);
  seen.observe(document.body, { childList: true, subtree: true });
  return () => seen.disconnect();
}
