// The colours of a picture. An expression: a function of a PNG (base64) that returns
// { width, height, palette: [r, g, b, …], indices: base64 of a byte a pixel }.
async (picture) => {
  const MOST = 256;
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const { width, height } = image;
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const pixels = new Uint32Array(pen.getImageData(0, 0, width, height).data.buffer);

  const parts = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  const distance = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;

  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) || 0) + 1);
  const byCount = [...counts.entries()].sort((a, b) => b[1] - a[1]).map(([colour]) => parts(colour));

  // The most frequent first, each farther from all chosen ones than the reach, which grows until
  // all colours are within it of one chosen.
  let chosen = [];
  for (let reach = 3; ; reach *= 1.25) {
    chosen = [];
    for (const colour of byCount) {
      if (chosen.every((other) => distance(colour, other) > reach * reach)) chosen.push(colour);
      if (chosen.length > MOST) break;
    }
    if (chosen.length <= MOST) break;
  }

  const nearest = new Map();
  const indices = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 1) {
    let index = nearest.get(pixels[at]);
    if (index === undefined) {
      const colour = parts(pixels[at]);
      index = 0;
      chosen.forEach((other, place) => {
        if (distance(colour, other) < distance(colour, chosen[index])) index = place;
      });
      nearest.set(pixels[at], index);
    }
    indices[at] = index;
  }
  let text = "";
  for (let at = 0; at < indices.length; at += 32768) {
    text += String.fromCharCode(...indices.subarray(at, at + 32768));
  }
  return { width, height, palette: chosen.flat(), indices: btoa(text) };
}
