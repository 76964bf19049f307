// Where does the page have a text? Rows of tables that have it stay, and whoever draws marks what has it.

export function search() {
  const box = document.getElementById("search");
  box.addEventListener("input", () => find(box.value.trim().toLowerCase()));
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") clear(box); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}

function clear(box) {
  box.value = "";
  find("");
  box.blur();
}

function find(text) {
  const rows = [...document.querySelectorAll("main tbody tr")];
  for (const row of rows) row.hidden = text !== "" && !row.textContent.toLowerCase().includes(text);
  const found = rows.filter((row) => !row.hidden).length;
  document.getElementById("found").textContent = text ? `${found} of ${rows.length} rows` : "";
  document.dispatchEvent(new CustomEvent("gpu-trace:search", { detail: { text } }));
}
