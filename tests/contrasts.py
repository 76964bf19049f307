"""How text on a page stands out from what is painted below it, measured in a browser."""

from __future__ import annotations

CONTRASTS = """() => {
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = color => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const luminance = color => {
    const [r, g, b] = color.slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = element => {
    const rect = element.tagName === 'text' && element.parentElement.querySelector('rect');
    if (rect) return rgba(getComputedStyle(rect).fill);
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255];
  };
  const own = each => [...each.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join('');
  return [...document.querySelectorAll('body *')].filter(each => own(each) && each.getClientRects().length &&
    !['SCRIPT', 'STYLE', 'title', 'OPTION', 'NOSCRIPT'].includes(each.tagName)).map(each => {
      const style = getComputedStyle(each), color = each.tagName === 'text' ? style.fill : style.color;
      return [own(each), contrast(rgba(color), ground(each))];
    });
}"""
"""of each element with text of its own: the text, and the contrast of its color with what is painted below it"""
