// CRC-32 as zlib has it.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

// text : ASCII
export function crc32(text) {
  let value = 0xffffffff;
  for (let place = 0; place < text.length; place++) {
    value = (value >>> 8) ^ TABLE[(value ^ text.charCodeAt(place)) & 0xff];
  }
  return (value ^ 0xffffffff) >>> 0;
}
