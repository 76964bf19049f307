// Is the page dark? As the system has it, or as the button says for as long as the page is open: nothing is stored.
// Paper is light.

export function theme() {
  const dark = document.getElementById("dark");
  const change = (media) => { dark.media = media; changed(); };
  document.getElementById("theme").addEventListener("click", () => change(matchMedia(dark.media).matches ? "not all" : "screen"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  let before;
  addEventListener("beforeprint", () => { before = dark.media; change("not all"); });
  addEventListener("afterprint", () => change(before));
}

const changed = () => document.dispatchEvent(new CustomEvent("gpu-trace:theme"));
