package manifest

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
)

// What Teams wants of icons: the colour one is cropped by Teams itself, so it
// must be a full square; the outline is tinted by Teams, so it must be white.
const (
	colorSize   = 192
	outlineSize = 32
)

// icons checks both.
func (c *checker) icons(a app, content map[string][]byte) {
	whole := c.icon(a.Icons.Color, content[a.Icons.Color], colorSize)
	if whole != nil {
		c.must(every(whole, func(p color.NRGBA) bool { return p.A == 255 }), a.Icons.Color, "has transparent pixels, and must fill its square")
	}
	outline := c.icon(a.Icons.Outline, content[a.Icons.Outline], outlineSize)
	if outline == nil {
		return
	}
	white := func(p color.NRGBA) bool { return p.A == 0 || p.R == 255 && p.G == 255 && p.B == 255 }
	c.must(every(outline, white), a.Icons.Outline, "has other colours than white on transparent")
	c.must(!every(outline, func(p color.NRGBA) bool { return p.A > 0 }), a.Icons.Outline, "has no transparent pixels")
	c.must(!every(outline, func(p color.NRGBA) bool { return p.A == 0 }), a.Icons.Outline, "shows nothing")
}

// icon is a square PNG of that size; nil if it is not.
func (c *checker) icon(name string, content []byte, size int) image.Image {
	read, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		c.must(false, name, "is not a PNG: %v", err)
		return nil
	}
	is := read.Bounds().Size()
	if is != image.Pt(size, size) {
		c.must(false, name, "is of %d × %d pixels, and must be of %d × %d", is.X, is.Y, size, size)
		return nil
	}
	return read
}

// every says that every pixel is so.
func every(i image.Image, is func(color.NRGBA) bool) bool {
	for y := i.Bounds().Min.Y; y < i.Bounds().Max.Y; y++ {
		for x := i.Bounds().Min.X; x < i.Bounds().Max.X; x++ {
			if !is(color.NRGBAModel.Convert(i.At(x, y)).(color.NRGBA)) {
				return false
			}
		}
	}
	return true
}
