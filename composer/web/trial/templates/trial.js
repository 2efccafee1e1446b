// Loads the page again when something has changed.
const script = document.currentScript;
setInterval(async () => {
  try {
    const answer = await fetch("/state", { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== script.dataset.state) location.reload();
  } catch { /* the trial has ended */ }
}, 1000);
