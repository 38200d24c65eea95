#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <png.h>
#include <webp/encode.h>

#include "err/err.h"
#include "paper/picture.h"

#define WIDTH  1500
#define HEIGHT 2000

/* Red above, blue below, half of it transparent where there is a fourth byte. */
static uint8_t *paint(uint32_t width, uint32_t height, uint32_t depth)
{
    uint8_t *pixels = calloc((size_t)width * height, depth);
    assert_non_null(pixels);
    for (size_t i = 0; i < (size_t)width * height; i++) {
        pixels[i * depth + (i < (size_t)width * height / 2 ? 0 : 2)] = 255;
        if (depth == 4)
            pixels[i * depth + 3] = i % width < width / 2 ? 0 : 255;
    }
    return pixels;
}

static struct view png(uint32_t width, uint32_t height, uint32_t depth)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = width,
                       .height = height,
                       .format = depth == 4 ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB};
    uint8_t *pixels = paint(width, height, depth);
    png_alloc_size_t len = 0;
    assert_true(png_image_write_to_memory(&image, NULL, &len, 0, pixels, 0, NULL));
    char *bytes = malloc(len);
    assert_non_null(bytes);
    assert_true(png_image_write_to_memory(&image, bytes, &len, 0, pixels, 0, NULL));
    free(pixels);
    return view_of(bytes, len);
}

static int make(struct view file, struct picture pictures[PICTURE_SIZES])
{
    return picture_make(file, pictures);
}

static void assert_made(struct view file, uint32_t width, uint32_t height)
{
    struct picture p[PICTURE_SIZES];
    assert_int_equal(make(file, p), 0);
    for (size_t i = 0; i < PICTURE_SIZES; i++) {
        const uint32_t wanted = width < picture_widths[i] ? width : picture_widths[i];
        const struct view jpeg = buf_view(&p[i].jpeg);
        assert_int_equal(p[i].width, wanted);
        assert_in_range(p[i].height, wanted * height / width - 1, wanted * height / width + 1);
        assert_memory_equal(jpeg.at, "\xff\xd8\xff", 3);
        assert_null(memmem(jpeg.at, jpeg.len, "Exif", 4));
        assert_null(memmem(jpeg.at, jpeg.len, "hidden", 6));
    }
    picture_release(p);
}

static void the_three_kinds_are_read(void **state)
{
    struct picture p[PICTURE_SIZES];
    const struct view file = png(WIDTH, HEIGHT, 3);
    uint8_t *pixels = paint(WIDTH, HEIGHT, 3), *webp = NULL;
    assert_made(file, WIDTH, HEIGHT);
    const size_t len = WebPEncodeRGB(pixels, WIDTH, HEIGHT, 3 * WIDTH, 80, &webp);
    assert_true(len > 0);
    assert_made(view_of(webp, len), WIDTH, HEIGHT);
    assert_int_equal(make(file, p), 0);
    /* Our own, with a comment in it that is not to come out again. */
    const struct view jpeg = buf_view(&p[2].jpeg);
    char *with = malloc(jpeg.len + 10);
    memcpy(with, jpeg.at, 2);
    memcpy(with + 2, "\xff\xfe\x00\x08hidden", 10);
    memcpy(with + 12, jpeg.at + 2, jpeg.len - 2);
    assert_made(view_of(with, jpeg.len + 10), 1200, 1600);
    free(with);
    picture_release(p);
    free(pixels);
    WebPFree(webp);
    free((void *)file.at);
}

static void a_small_one_is_not_made_larger_and_what_is_clear_is_white(void **state)
{
    struct picture p[PICTURE_SIZES];
    const struct view file = png(100, 200, 4);
    assert_made(file, 100, 200);
    free((void *)file.at);
    const struct view none = png(60, 60, 4);
    assert_int_equal(make(none, p), 0);
    picture_release(p);
    free((void *)none.at);
}

static void what_is_none_or_too_large_is_refused(void **state)
{
    struct picture p[PICTURE_SIZES];
    const struct view good = png(200, 200, 3), small = png(49, 200, 3), wide = png(8001, 60, 3);
    const struct view texts[] = {VIEW_LIT(""),
                                 VIEW_LIT("GIF89a......"),
                                 VIEW_LIT("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
                                 VIEW_LIT("\x89PNG\r\n\x1a\n and no more"),
                                 VIEW_LIT("\xff\xd8\xff\xe0 and no more"),
                                 VIEW_LIT("RIFF....WEBPVP8 and no more")};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(make(texts[i], p), ERR_INVALID);
        picture_release(p);
    }
    assert_int_equal(make(view_of(good.at, good.len / 2), p), ERR_INVALID);
    picture_release(p);
    assert_int_equal(make(small, p), ERR_FULL);
    picture_release(p);
    assert_int_equal(make(wide, p), ERR_FULL);
    picture_release(p);
    free((void *)good.at);
    free((void *)small.at);
    free((void *)wide.at);
}

/* Every file that is cut short, and many with a byte that is another, end in a refusal or a
 * picture. */
static void damage_is_survived(void **state)
{
    struct picture p[PICTURE_SIZES];
    const struct view file = png(120, 160, 3);
    assert_int_equal(make(file, p), 0);
    const struct view jpeg = buf_view(&p[0].jpeg);
    char *copy = malloc(jpeg.len);
    for (size_t i = 0; i < jpeg.len; i += 7) {
        struct picture q[PICTURE_SIZES];
        memcpy(copy, jpeg.at, jpeg.len);
        copy[i] = (char)(copy[i] ^ 0x5a);
        (void)make(view_of(copy, jpeg.len), q);
        picture_release(q);
        (void)make(view_of(copy, i), q);
        picture_release(q);
    }
    free(copy);
    picture_release(p);
    free((void *)file.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_kinds_are_read),
        cmocka_unit_test(a_small_one_is_not_made_larger_and_what_is_clear_is_white),
        cmocka_unit_test(what_is_none_or_too_large_is_refused),
        cmocka_unit_test(damage_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
