/**
 * The slot of a key or sharded channel in a Redis Cluster: CRC-16 (XMODEM) over the bytes between the first `{` and the next `}`, or over
 * the whole name where there are none or nothing between them, modulo 16384 (Redis Cluster specification).
 */
export function slotOf(name: string): number {
  const open = name.indexOf('{');
  const close = open < 0 ? -1 : name.indexOf('}', open + 1);
  const tag = close > open + 1 ? name.slice(open + 1, close) : name;
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    crc &= 0xffff;
  }
  return crc % 16_384;
}
