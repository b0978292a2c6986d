/* The day on which a clip was filmed, from what the camera wrote into an MP4 or MOV file. */

const FROM_1904_S = 2082844800; // the times in these files count from the year 1904
const APPLE = "com.apple.quicktime.creationdate"; // with the time zone of the place, which the other time lacks
const LARGEST = 64 << 20; // bytes of an index that is read; a longer one is of no phone

/** The boxes between two places of a file: [type, begin, end] of what each holds. */
async function boxes(file, begin, end) {
  const found = [];
  while (begin + 8 <= end) {
    const view = new DataView(await file.slice(begin, begin + 16).arrayBuffer());
    const type = String.fromCharCode(...new Uint8Array(view.buffer, 4, 4));
    let size = view.getUint32(0), head = 8;
    if (size === 1 && view.byteLength === 16) [size, head] = [Number(view.getBigUint64(8)), 16];
    if (size === 0) size = end - begin;
    if (size < head) break;
    found.push([type, begin + head, Math.min(begin + size, end)]);
    begin += size;
  }
  return found;
}

const local_day = time => new Date(time - new Date(time).getTimezoneOffset() * 60000).toISOString().slice(0, 10);

/** The day as YYYY-MM-DD; null where the file does not say. */
export async function filmed_on(file) {
  try {
    const index = (await boxes(file, 0, file.size)).find(([type]) => type === "moov");
    if (!index || index[2] - index[1] > LARGEST) return null;
    const text = new TextDecoder("latin1").decode(await file.slice(index[1], index[2]).arrayBuffer());
    const written = text.includes(APPLE) && text.match(/(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}[+-]\d{2}:?\d{2}/);
    if (written) return written[1];
    const header = (await boxes(file, index[1], index[2])).find(([type]) => type === "mvhd");
    const view = new DataView(await file.slice(header[1], header[1] + 12).arrayBuffer());
    const made_s = (view.getUint8(0) === 1 ? Number(view.getBigUint64(4)) : view.getUint32(4)) - FROM_1904_S;
    return made_s > 0 && made_s * 1000 < Date.now() + 86400000 ? local_day(made_s * 1000) : null; // 0: the camera did not say
  } catch { return null; } // a file of another kind, or a damaged one: the server will say
}

/** That day, or else the one on which the file was last written. */
export const day_of = async file => await filmed_on(file) ?? local_day(file.lastModified);
