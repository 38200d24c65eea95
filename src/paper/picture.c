#include "paper/picture.h"

#include <stdlib.h>
#include <string.h>

#include <png.h>
#include <turbojpeg.h>
#include <webp/decode.h>

#include "err/err.h"

#define QUALITY 84

const uint32_t picture_widths[PICTURE_SIZES] = {300, 600, 1200};

/* Three bytes a pixel, row by row. */
struct pixels {
    uint32_t width, height;
    uint8_t *bytes; /* malloc */
};

static int check_size(uint64_t width, uint64_t height)
{
    return width < PICTURE_SIDE_MIN || height < PICTURE_SIDE_MIN || width > PICTURE_SIDE_MAX ||
                   height > PICTURE_SIDE_MAX || width * height > PICTURE_PIXELS_MAX
               ? ERR_FULL
               : 0;
}

/* ---- reading ---- */

static int read_png(struct view file, struct pixels *ret_pixels)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color white = {255, 255, 255};
    if (!png_image_begin_read_from_memory(&image, file.at, file.len)) {
        png_image_free(&image);
        return ERR_INVALID;
    }
    int err = check_size(image.width, image.height);
    image.format = PNG_FORMAT_RGB;
    ret_pixels->width = image.width;
    ret_pixels->height = image.height;
    if (err == 0) {
        ret_pixels->bytes = malloc(PNG_IMAGE_SIZE(image));
        err = ret_pixels->bytes ? 0 : ERR_NO_MEMORY;
    }
    /* What is transparent lies on white. */
    if (err == 0 && !png_image_finish_read(&image, &white, ret_pixels->bytes, 0, NULL))
        err = ERR_INVALID;
    png_image_free(&image);
    return err;
}

/* The least that is at least as wide as is wanted, by the library's own scaling: half, a quarter or
 * an eighth. */
static int scaled(int side, int denominator)
{
    return (side + denominator - 1) / denominator;
}

static int unpack_jpeg(tjhandle tj, struct view file, struct pixels *pixels)
{
    /* Of a file that ends in its head it may say 0, and tell nothing. */
    int width = 0, height = 0, samples = 0, colours = TJCS_CMYK, denominator = 1;
    if (tjDecompressHeader3(tj, (const unsigned char *)file.at, file.len, &width, &height, &samples,
                            &colours) != 0 ||
        colours == TJCS_CMYK || colours == TJCS_YCCK || width <= 0 || height <= 0)
        return ERR_INVALID;
    int err = check_size((uint64_t)width, (uint64_t)height);
    if (err != 0)
        return err;
    while (denominator < 8 && width / (2 * denominator) >= (int)picture_widths[PICTURE_SIZES - 1])
        denominator *= 2;
    pixels->width = (uint32_t)scaled(width, denominator);
    pixels->height = (uint32_t)scaled(height, denominator);
    pixels->bytes = malloc((size_t)3 * pixels->width * pixels->height);
    if (!pixels->bytes)
        return ERR_NO_MEMORY;
    /* A file that ends early is refused, and one of very many passes, which take for ever. */
    return tjDecompress2(tj, (const unsigned char *)file.at, file.len, pixels->bytes,
                         (int)pixels->width, 0, (int)pixels->height, TJPF_RGB,
                         TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) == 0
               ? 0
               : ERR_INVALID;
}

static int read_jpeg(struct view file, struct pixels *ret_pixels)
{
    tjhandle tj = tjInitDecompress();
    if (!tj)
        return ERR_NO_MEMORY;
    const int err = unpack_jpeg(tj, file, ret_pixels);
    tjDestroy(tj);
    return err;
}

/* On white, in place: four bytes a pixel become three. */
static void lay_on_white(uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t alpha = bytes[4 * i + 3];
        for (size_t k = 0; k < 3; k++)
            bytes[3 * i + k] =
                (uint8_t)((bytes[4 * i + k] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

static int read_webp(struct view file, struct pixels *ret_pixels)
{
    int width, height;
    const uint8_t *bytes = (const uint8_t *)file.at;
    if (!WebPGetInfo(bytes, file.len, &width, &height) || width <= 0 || height <= 0)
        return ERR_INVALID;
    int err = check_size((uint64_t)width, (uint64_t)height);
    if (err != 0)
        return err;
    ret_pixels->width = (uint32_t)width;
    ret_pixels->height = (uint32_t)height;
    const size_t count = (size_t)width * (size_t)height;
    ret_pixels->bytes = malloc(4 * count);
    if (!ret_pixels->bytes)
        return ERR_NO_MEMORY;
    if (!WebPDecodeRGBAInto(bytes, file.len, ret_pixels->bytes, 4 * count, 4 * width))
        return ERR_INVALID;
    lay_on_white(ret_pixels->bytes, count);
    return 0;
}

static int read_any(struct view file, struct pixels *ret_pixels)
{
    if (file.len > PICTURE_FILE_MAX)
        return ERR_FULL;
    if (file.len > 8 && memcmp(file.at, "\x89PNG\r\n\x1a\n", 8) == 0)
        return read_png(file, ret_pixels);
    if (file.len > 3 && memcmp(file.at, "\xff\xd8\xff", 3) == 0)
        return read_jpeg(file, ret_pixels);
    if (file.len > 12 && memcmp(file.at, "RIFF", 4) == 0 && memcmp(file.at + 8, "WEBP", 4) == 0)
        return read_webp(file, ret_pixels);
    return ERR_INVALID;
}

/* ---- scaling: each pixel is the mean of those that it covers ---- */

static uint8_t mean(const struct pixels *from, uint32_t x0, uint32_t x1, uint32_t y0, uint32_t y1,
                    uint32_t colour)
{
    uint64_t sum = 0;
    assert(x0 < x1 && y0 < y1);
    for (uint32_t y = y0; y < y1; y++) {
        const uint8_t *row = from->bytes + (size_t)3 * from->width * y + colour;
        for (uint32_t x = x0; x < x1; x++)
            sum += row[3 * x];
    }
    const uint64_t count = (uint64_t)(x1 - x0) * (y1 - y0);
    return (uint8_t)((sum + count / 2) / count);
}

static uint32_t at(uint32_t i, uint32_t from, uint32_t to)
{
    return (uint32_t)((uint64_t)i * from / to);
}

static void scale(const struct pixels *from, const struct pixels *to)
{
    for (uint32_t y = 0; y < to->height; y++) {
        const uint32_t y0 = at(y, from->height, to->height);
        const uint32_t y1 = at(y + 1, from->height, to->height);
        uint8_t *row = to->bytes + (size_t)3 * to->width * y;
        for (uint32_t x = 0; x < to->width; x++) {
            const uint32_t x0 = at(x, from->width, to->width);
            const uint32_t x1 = at(x + 1, from->width, to->width);
            for (uint32_t colour = 0; colour < 3; colour++)
                row[3 * x + colour] = mean(from, x0, x1, y0, y1, colour);
        }
    }
}

/* ---- writing ---- */

static int encode(const struct pixels *pixels, struct buf *out)
{
    unsigned char *bytes = NULL;
    unsigned long len = 0;
    tjhandle tj = tjInitCompress();
    int err = tj ? 0 : ERR_NO_MEMORY;
    if (err == 0 &&
        tjCompress2(tj, pixels->bytes, (int)pixels->width, 0, (int)pixels->height, TJPF_RGB, &bytes,
                    &len, TJSAMP_420, QUALITY, TJFLAG_PROGRESSIVE) != 0)
        err = ERR_NO_MEMORY;
    if (err == 0)
        err = buf_append(out, bytes, len);
    tjFree(bytes);
    if (tj)
        tjDestroy(tj);
    return err;
}

static int write_jpeg(const struct pixels *from, uint32_t wanted, struct picture *ret_picture)
{
    struct pixels to = {.width = from->width < wanted ? from->width : wanted};
    to.height = at(to.width, from->height, from->width);
    to.height = to.height > 0 ? to.height : 1;
    to.bytes = malloc((size_t)3 * to.width * to.height);
    if (!to.bytes)
        return ERR_NO_MEMORY;
    scale(from, &to);
    ret_picture->width = to.width;
    ret_picture->height = to.height;
    const int err = encode(&to, &ret_picture->jpeg);
    free(to.bytes);
    return err;
}

int picture_make(struct view file, struct picture ret_pictures[PICTURE_SIZES])
{
    struct pixels pixels = {0};
    for (size_t i = 0; i < PICTURE_SIZES; i++) {
        ret_pictures[i] = (struct picture){0};
        buf_init(&ret_pictures[i].jpeg, PICTURE_JPEG_MAX);
    }
    int err = read_any(file, &pixels);
    for (size_t i = 0; err == 0 && i < PICTURE_SIZES; i++)
        err = write_jpeg(&pixels, picture_widths[i], &ret_pictures[i]);
    free(pixels.bytes);
    return err;
}

void picture_release(struct picture pictures[PICTURE_SIZES])
{
    for (size_t i = 0; i < PICTURE_SIZES; i++)
        buf_release(&pictures[i].jpeg);
}
