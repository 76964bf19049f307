// Is the page dark? As the system has it, or as the button says for as long as the page is open: nothing is stored.

export function theme() {
  const dark = document.getElementById("dark");
  const changed = () => document.dispatchEvent(new CustomEvent("gpu-trace:theme"));
  document.getElementById("theme").addEventListener("click", () => {
    dark.media = matchMedia(dark.media).matches ? "not all" : "screen";
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
