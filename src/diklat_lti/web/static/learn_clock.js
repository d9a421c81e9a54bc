// What this device's clock says beside the stamp of the page: noted once for each stamp, sent along with each event.
const device = document.getElementById("device");
const KEPT = "diklat-offset";
let stamp = { signed: device.dataset.stamp, at: Number(device.dataset.stampMs), serial: device.dataset.serial };
let since = arrived();
let offset = noted(stamp.serial, Date.now() - (performance.now() - since) - stamp.at);

// When the first byte of this page came, in the monotonic time of the page.
function arrived() {
  const entry = performance.getEntriesByType("navigation")[0];
  return (entry && entry.responseStart) || 0;
}

// A page that a browser fetched back brings an old stamp: then the offset of its first time holds.
function noted(serial, fresh) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
    const before = kept.find((pair) => pair[0] === serial);
    if (before) return before[1];
    sessionStorage.setItem(KEPT, JSON.stringify([...kept.slice(-20), [serial, Math.round(fresh)]]));
  } catch {
    // No storage in this browser: the offset just measured is all there is.
  }
  return Math.round(fresh);
}

export const base = device.dataset;

// The times of something that happens now.
export function times() {
  return {
    stamp: stamp.signed,
    offset_ms: offset,
    made_at: new Date().toISOString(),
    elapsed_ms: Math.max(0, Math.round(performance.now() - since)),
  };
}

// An answer to a script carries a new stamp, fresh off the network.
export function renew(answer) {
  stamp = { signed: answer.stamp, at: answer.stamp_ms, serial: answer.serial };
  since = performance.now();
  offset = Math.round(Date.now() - stamp.at);
}

// Against the real time: in a demo the training's clock is shifted, and that is not the device's fault.
export function difference() {
  return offset + Number(device.dataset.shiftMs);
}
