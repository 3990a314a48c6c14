/** A QR code as a picture. The library is loaded at the first one: most runs never show any. */
export async function drawQr(text: string, format: 'png' | 'svg'): Promise<Buffer | string> {
  const { default: qrcode } = await import('qrcode');
  if (format === 'png') return qrcode.toBuffer(text, { type: 'png', scale: 8 });
  return qrcode.toString(text, { type: 'svg' });
}
